using Loopwave.ApiKeys;
using Loopwave.Deployment;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Grains.Tests.ApiKeys;

/// <summary>One silo for all of these; every test has keys of its own.</summary>
public sealed class ApiKeyGrainTests(ApiKeyGrainTests.Fixture fixture) : IClassFixture<ApiKeyGrainTests.Fixture>
{
    private LoopwaveCluster Cluster => fixture.Cluster;

    private IApiKeyStore Stored => Cluster.Services.GetRequiredService<IApiKeyStore>();

    [Fact]
    public async Task A_new_key_is_admitted_and_its_secret_is_stored_nowhere()
    {
        var created = (await Keys().Create(new NewApiKey(" Shop ", ["chats:read", "chats:read"], Test: true, "u_1"))).Value!;
        Assert.True(ApiKeyText.TryParse(created.Key, out var key));

        var admission = await Grain(key!).Admit(key!.SecretHash, testKey: true);

        Assert.True(admission is { Known: true, WithinRate: true, Name: "Shop", Access.SandboxOnly: true });
        Assert.Equal(["chats:read"], admission.Scopes);
        var stored = await Stored.Get(key.Id);
        Assert.Equal((key.SecretHash, created.Key[^4..], "u_1"), (stored!.SecretHash, stored.LastFour, stored.Creator));
        Assert.Equal(created.View with { Scopes = [] }, (await Keys().List()).Single(one => one.Id == key.Id) with { Scopes = [] });
    }

    [Fact]
    public async Task Scopes_left_out_mean_all_of_them()
    {
        Assert.Equal(["*"], (await Keys().Create(new NewApiKey("Shop", null, Test: false, "u_1"))).Value!.View.Scopes);
    }

    [Theory]
    [InlineData("", "chats:read")]
    [InlineData("   ", "chats:read")]
    [InlineData("a name that is longer than eighty characters is refused, since nobody could read it", "chats:read")]
    [InlineData("Shop", "chats:write")]
    [InlineData("Shop", null)]
    public async Task A_key_without_a_name_with_unknown_or_with_no_scopes_is_refused(string name, string? scope)
    {
        var created = await Keys().Create(new NewApiKey(name, scope is null ? [] : [scope], Test: false, "u_1"));

        Assert.Equal(RefusalCode.InvalidInput, created.Refusal!.Code);
    }

    [Fact]
    public async Task A_wrong_secret_the_other_prefix_and_an_unknown_key_are_not_known_and_count_nothing()
    {
        var key = await NewKey();
        var unknown = ApiKeyText.New(test: false).Key;

        Assert.Equal(new KeyAdmission { Known = false }, await Grain(key).Admit(unknown.SecretHash, testKey: false));
        Assert.Equal(new KeyAdmission { Known = false }, await Grain(key).Admit(key.SecretHash, testKey: true));
        Assert.Equal(new KeyAdmission { Known = false }, await Grain(key).Admit("", testKey: false));
        Assert.Equal(new KeyAdmission { Known = false }, await Grain(unknown).Admit(unknown.SecretHash, testKey: false));
        Assert.Equal(119, (await Admit(key)).Remaining);
    }

    [Fact]
    public async Task Exactly_the_limit_is_admitted_in_a_clock_minute_however_many_ask_at_once()
    {
        var key = await NewKey();
        StartOfMinute();

        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Admit(key)));

        Assert.Equal(120, answers.Count(answer => answer.WithinRate));
        Assert.All(answers, answer => Assert.Equal((120, Cluster.Clock.GetUtcNow().AddMinutes(1)), (answer.Limit, answer.ResetAt)));
        Cluster.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((true, 119), ((await Admit(key)).WithinRate, (await Admit(key)).Remaining + 1));
    }

    [Fact]
    public async Task Switching_a_key_off_bites_at_once_and_is_undone()
    {
        var key = await NewKey();
        await Admit(key);

        Assert.False((await Grain(key).SetEnabled(false)).Value!.Enabled);
        Assert.False((await Admit(key)).Known);
        await Grain(key).SetEnabled(true);

        Assert.True((await Admit(key)).Known);
        Assert.Equal(RefusalCode.NotFound, (await Grain(ApiKeyText.New(false).Key).SetEnabled(false)).Refusal!.Code);
    }

    [Fact]
    public async Task A_key_switched_off_elsewhere_is_refused_within_five_seconds()
    {
        var key = await NewKey();
        await Admit(key);
        await Stored.Put((await Stored.Get(key.Id))! with { Enabled = false });

        Assert.True((await Admit(key)).Known);
        Cluster.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.False((await Admit(key)).Known);
    }

    [Fact]
    public async Task Requests_wait_for_storage_that_hangs_side_by_side_and_are_counted_exactly()
    {
        var key = await NewKey();
        StartOfMinute();
        await Admit(key);
        Cluster.Clock.Advance(TimeSpan.FromSeconds(5));
        var reads = fixture.Disk.Hang(key.Id);

        var waiting = Enumerable.Range(0, 200).Select(_ => Admit(key)).ToList();
        await Cluster.Eventually(() => Task.FromResult(fixture.Disk.Reads), count => count == 1);
        Assert.DoesNotContain(waiting, admission => admission.IsCompleted);
        reads.SetException(new StorageUnavailableException("It hangs."));

        // One after the other each would read for itself; so do only those that arrive later.
        await Task.WhenAll(waiting.Select(admission => Assert.ThrowsAsync<StorageUnavailableException>(() => admission)));
        Assert.InRange(fixture.Disk.Reads, 1, 100);

        reads = fixture.Disk.Hang(key.Id);
        waiting = [.. Enumerable.Range(0, 200).Select(_ => Admit(key))];
        await Cluster.Eventually(() => Task.FromResult(fixture.Disk.Reads), count => count == 1);
        reads.SetResult();
        Assert.Equal(119, (await Task.WhenAll(waiting)).Count(admission => admission.WithinRate));
    }

    [Fact]
    public async Task What_was_read_before_a_key_was_switched_off_does_not_switch_it_on_again()
    {
        var key = await NewKey();
        await Admit(key);
        var writes = fixture.Disk.HangWrites(key.Id);
        var off = Grain(key).SetEnabled(false);
        await fixture.Disk.Writing;
        Cluster.Clock.Advance(TimeSpan.FromSeconds(5));
        var reads = fixture.Disk.Hang(key.Id);
        var before = Admit(key);
        await Cluster.Eventually(() => Task.FromResult(fixture.Disk.Reads), count => count == 1);

        writes.SetResult();
        Assert.False((await off).Value!.Enabled);
        reads.SetResult();

        Assert.False((await before).Known);
        Assert.False((await Admit(key)).Known);
    }

    [Fact]
    public async Task The_last_use_is_noted_to_the_minute_and_a_full_disk_refuses_nobody()
    {
        var key = await NewKey();
        StartOfMinute();
        var minute = Cluster.Clock.GetUtcNow();
        Cluster.Clock.Advance(TimeSpan.FromSeconds(20));
        fixture.Disk.IsFull = true;
        await Admit(key);
        await fixture.Disk.Refused(key.Id, () => Cluster.Clock.Advance(TimeSpan.FromMinutes(1)));
        Assert.True((await Admit(key)).Known);
        fixture.Disk.IsFull = false;
        var used = Cluster.Clock.GetUtcNow();

        Cluster.Clock.Advance(TimeSpan.FromMinutes(1));
        var stored = await Cluster.Eventually(() => Stored.Get(key.Id), one => one!.LastUsedAt is not null);

        Assert.Equal(minute.AddMinutes(1), stored!.LastUsedAt);
        Assert.True(used - stored.LastUsedAt < TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_use_that_is_noted_here_does_not_switch_on_a_key_that_was_switched_off_elsewhere()
    {
        var key = await NewKey();
        await Admit(key);
        var writes = fixture.Disk.HangWrites(key.Id);
        Cluster.Clock.Advance(TimeSpan.FromMinutes(1));
        await fixture.Disk.Writing;

        await fixture.Disk.Elsewhere.Put((await Stored.Get(key.Id))! with { Enabled = false });
        writes.SetResult();

        var stored = await Cluster.Eventually(() => Stored.Get(key.Id), one => one!.LastUsedAt is not null);
        Assert.False(stored!.Enabled);
    }

    private IApiKeysGrain Keys() => Cluster.Grains.GetGrain<IApiKeysGrain>(0);

    private IApiKeyGrain Grain(ApiKeyText key) => Cluster.Grains.GetGrain<IApiKeyGrain>(key.Id);

    private Task<KeyAdmission> Admit(ApiKeyText key) => Grain(key).Admit(key.SecretHash, key.Test);

    private async Task<ApiKeyText> NewKey()
    {
        var created = await Keys().Create(new NewApiKey("Shop", null, Test: false, "u_1"));
        ApiKeyText.TryParse(created.Value!.Key, out var key);
        return key!;
    }

    private void StartOfMinute()
    {
        var now = Cluster.Clock.GetUtcNow();
        Cluster.Clock.Advance(TimeSpan.FromTicks(TimeSpan.TicksPerMinute - now.Ticks % TimeSpan.TicksPerMinute));
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public LoopwaveCluster Cluster { get; private set; } = null!;

        public FillableKeyStore Disk => (FillableKeyStore)Cluster.Services.GetRequiredService<IApiKeyStore>();

        public async ValueTask InitializeAsync() => Cluster = await LoopwaveCluster.Start(services =>
        {
            services.AddApiKeys();
            FillableKeyStore.PutBefore(services);
        });

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}

/// <summary>The real store on a disk that can be full, or hang.</summary>
public sealed class FillableKeyStore(IApiKeyStore inner) : IApiKeyStore
{
    private (string Id, TaskCompletionSource Answer) _refused = ("", NewAnswer());
    private TaskCompletionSource _writing = NewAnswer();
    private (string Id, TaskCompletionSource Answer) _hangingRead = ("", NewAnswer());
    private (string Id, TaskCompletionSource Answer) _hangingWrite = ("", NewAnswer());
    private int _reads;

    public bool IsFull { get; set; }

    /// <summary>The same keys, by a way that never hangs.</summary>
    public IApiKeyStore Elsewhere => inner;

    public static void PutBefore(IServiceCollection services)
    {
        var real = services.Single(service => service.ServiceType == typeof(IApiKeyStore));
        services.Remove(real);
        services.AddSingleton<IApiKeyStore>(provider => new FillableKeyStore((IApiKeyStore)(
            real.ImplementationInstance ?? real.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, real.ImplementationType!))));
    }

    /// <summary>Does something that leads to a write of a key, and waits until that was refused.</summary>
    public async Task Refused(string id, Action act)
    {
        _refused = (id, NewAnswer());
        act();
        await _refused.Answer.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>How many reads of the key that hangs were begun.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Completes when a write that hangs was begun.</summary>
    public Task Writing => _writing.Task;

    /// <summary>What is read of a key is not told until the answer is set.</summary>
    public TaskCompletionSource Hang(string id)
    {
        Interlocked.Exchange(ref _reads, 0);
        return (_hangingRead = (id, NewAnswer())).Answer;
    }

    /// <summary>A key is not written until the answer is set.</summary>
    public TaskCompletionSource HangWrites(string id)
    {
        _writing = NewAnswer();
        return (_hangingWrite = (id, NewAnswer())).Answer;
    }

    public async Task<ApiKeyDocument?> Get(string id)
    {
        var key = await inner.Get(id);
        if (id == _hangingRead.Id)
        {
            var answer = _hangingRead.Answer;
            Interlocked.Increment(ref _reads);
            await answer.Task;
        }

        return key;
    }

    public Task<IReadOnlyList<ApiKeyDocument>> List() => inner.List();

    public async Task Put(ApiKeyDocument key)
    {
        await Write(key.Id);
        await inner.Put(key);
    }

    public async Task NoteUse(string id, DateTimeOffset at)
    {
        await Write(id);
        await inner.NoteUse(id, at);
    }

    private async Task Write(string id)
    {
        if (id == _hangingWrite.Id)
        {
            _writing.TrySetResult();
            await _hangingWrite.Answer.Task;
        }

        if (IsFull)
        {
            if (id == _refused.Id)
            {
                _refused.Answer.TrySetResult();
            }

            throw new StorageUnavailableException("There is no room.");
        }
    }

    private static TaskCompletionSource NewAnswer() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
