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
    public async Task The_last_use_is_noted_to_the_minute_and_a_full_disk_refuses_nobody()
    {
        var key = await NewKey();
        StartOfMinute();
        var minute = Cluster.Clock.GetUtcNow();
        Cluster.Clock.Advance(TimeSpan.FromSeconds(20));
        fixture.Disk.IsFull = true;
        await Admit(key);
        await fixture.Disk.RefusedOne(() => Cluster.Clock.Advance(TimeSpan.FromMinutes(1)));
        Assert.True((await Admit(key)).Known);
        fixture.Disk.IsFull = false;
        var used = Cluster.Clock.GetUtcNow();

        Cluster.Clock.Advance(TimeSpan.FromMinutes(1));
        var stored = await Cluster.Eventually(() => Stored.Get(key.Id), one => one!.LastUsedAt is not null);

        Assert.Equal(minute.AddMinutes(1), stored!.LastUsedAt);
        Assert.True(used - stored.LastUsedAt < TimeSpan.FromMinutes(1));
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

/// <summary>The real store on a disk that can be full.</summary>
public sealed class FillableKeyStore(IApiKeyStore inner) : IApiKeyStore
{
    private TaskCompletionSource _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsFull { get; set; }

    public static void PutBefore(IServiceCollection services)
    {
        var real = services.Single(service => service.ServiceType == typeof(IApiKeyStore));
        services.Remove(real);
        services.AddSingleton<IApiKeyStore>(provider => new FillableKeyStore((IApiKeyStore)(
            real.ImplementationInstance ?? real.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, real.ImplementationType!))));
    }

    /// <summary>Does something that leads to a write, and waits until that was refused.</summary>
    public async Task RefusedOne(Action act)
    {
        _refused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        act();
        await _refused.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public Task<ApiKeyDocument?> Get(string id) => inner.Get(id);

    public Task<IReadOnlyList<ApiKeyDocument>> List() => inner.List();

    public Task Put(ApiKeyDocument key)
    {
        if (IsFull)
        {
            _refused.TrySetResult();
            throw new StorageUnavailableException("There is no room.");
        }

        return inner.Put(key);
    }
}
