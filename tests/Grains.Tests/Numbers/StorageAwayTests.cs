using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Testing;
using Loopwave.Testing.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>What a number does while storage is away for longer: all numbers of a silo do so at once.</summary>
public sealed class StorageAwayTests : IAsyncLifetime
{
    private readonly LogLines _log = new();
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;
    private bool _away;
    private bool _isLogged = true;
    private int _tries;
    private Func<Task> _before = () => Task.CompletedTask;
    private Func<Task> _load = () => Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(new ClusterSetup
        {
            Commits = Commit,
            Configure = services =>
            {
                services.AddSingleton<ILoggerProvider>(_log);
                var kept = services.Last(service => service.ServiceType == typeof(ICredentialStore));
                services.Replace(ServiceDescriptor.Singleton<ICredentialStore>(
                    provider => new Loading((ICredentialStore)kept.ImplementationFactory!(provider), () => _load())));
            },
        });
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task It_tries_less_and_less_often_and_goes_on_by_itself_once_storage_is_back()
    {
        _away = true;
        Assert.Null((await _cluster.Messages.Send(Any.Send("hello", from: _number))).Refusal);
        await _cluster.PassesUntil(() => Task.FromResult(_tries > 0));

        await TriesLessAndLessOften();
        Assert.False(_cluster.Engine.HasRelay(_number));
        _away = false;

        var back = _cluster.Clock.GetUtcNow();
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasRelay(_number)));
        Assert.InRange((_cluster.Clock.GetUtcNow() - back).TotalSeconds, 0, 30);
        Assert.Equal("hello", (await _cluster.Engine.NextRelay(_number)).Message.Text);
    }

    [Fact]
    public async Task A_session_step_that_falls_due_meanwhile_is_not_tried_more_often_and_made_afterwards()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        _away = true;
        await TriesLessAndLessOften();
        Assert.False(_cluster.Engine.HasOpen(_number));
        _away = false;

        await _cluster.ComesBack(_number);
    }

    [Fact]
    public async Task A_connection_that_went_meanwhile_is_made_anew_only_once_that_is_stored()
    {
        var closed = _cluster.Engine.Next(_number, new EngineEvent.Closed(428));
        _away = true;
        await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Repeat(closed));
        _away = false;

        // What is stored still says ready; the end of the new connection could not be told from that of the old one.
        await _cluster.Passes(30);
        Assert.False(_cluster.Engine.HasOpen(_number));
        Assert.Null((await _cluster.Messages.Send(Any.Send("hello", from: _number))).Refusal);
        await _cluster.Passes(5);
        Assert.False(_cluster.Engine.HasRelay(_number));

        await _cluster.Engine.Repeat(closed);
        await _cluster.ComesBack(_number);
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(_number)).Status);
        Assert.Equal("hello", (await _cluster.Relayed(_number)).Message.Text);
    }

    [Fact]
    public async Task What_an_attempt_to_connect_may_have_opened_after_it_was_given_up_is_closed_before_the_next_one()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        var slow = new TaskCompletionSource();
        _cluster.Engine.Connecting = slow.Task;
        _cluster.Engine.Opening = _ => slow.TrySetCanceled();

        await _cluster.PassesUntil(() => Task.FromResult(slow.Task.IsCanceled));
        _cluster.Engine.Connecting = Task.CompletedTask;
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(_number)));

        Assert.Equal("close", await _cluster.Engine.NextClose(_number));
        await _cluster.ComesBack(_number);
    }

    [Fact]
    public async Task What_may_be_open_is_closed_at_once_and_again_until_it_is_also_when_the_number_is_stopped()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        var slow = new TaskCompletionSource();
        var refusals = 2;
        _cluster.Engine.Connecting = slow.Task;
        _cluster.Engine.Opening = _ => slow.TrySetCanceled();
        _cluster.Engine.Closing = _ => refusals-- > 0 ? throw new EngineException(EngineError.Unavailable, "Not now.") : Task.CompletedTask;

        await _cluster.PassesUntil(() => Task.FromResult(refusals == 1));
        await _cluster.Number(_number).SetDesired(DesiredState.Stopped);
        await _cluster.PassesUntil(() => Task.FromResult(refusals < 0));

        Assert.Equal("close", await _cluster.Engine.NextClose(_number));
        await _cluster.Passes(60);
        Assert.Equal(-1, refusals);
    }

    [Fact]
    public async Task Nobody_acts_upon_what_is_not_stored_yet()
    {
        var (storing, stored) = (new TaskCompletionSource(), new TaskCompletionSource());
        _before = () =>
        {
            storing.TrySetResult();
            return stored.Task;
        };
        var closes = 0;
        _cluster.Engine.Closing = _ =>
        {
            closes++;
            return Task.CompletedTask;
        };
        var gone = _cluster.Engine.Next(_number, new EngineEvent.Closed(401));
        var telling = _cluster.Engine.Repeat(gone);
        await storing.Task;

        await _cluster.Number(_number).Ensure();
        await _cluster.Passes(2);
        Assert.IsType<CredentialsRead.Found>(await _cluster.Credentials.Load(_number));
        Assert.Equal(0, closes);
        (_before, _away) = (() => Task.CompletedTask, true);
        stored.SetException(new StorageUnavailableException("The database takes no writes."));
        await Assert.ThrowsAnyAsync<Exception>(() => telling);
        _away = false;

        Assert.Equal(NumberStatus.Ready, (await _cluster.Number(_number).Update(new NumberUpdate("Other", null))).Value!.Status);
        await _cluster.Engine.Repeat(gone);
        Assert.Equal("unlinked", (await _cluster.View(_number)).Reason!.Code);
        await _cluster.Eventually(() => _cluster.Credentials.Load(_number), read => read is CredentialsRead.Missing);
    }

    [Fact]
    public async Task What_the_session_wants_is_done_soon_also_when_somebody_else_has_what_is_stored_read_again()
    {
        var commits = 0;
        _before = () => ++commits == 2 ? throw new StorageUnavailableException("The database takes no writes.") : Task.CompletedTask;
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(401));
        Assert.Equal(2, commits);
        Assert.True(await IsToBeWiped());

        var read = _cluster.Clock.GetUtcNow();
        Assert.Null((await _cluster.Number(_number).Update(new NumberUpdate("Other", null))).Refusal);

        await _cluster.PassesUntil(async () => !await IsToBeWiped());
        Assert.InRange((_cluster.Clock.GetUtcNow() - read).TotalSeconds, 0, 20);
    }

    [Fact]
    public async Task A_number_whose_keys_cannot_be_read_takes_messages_and_does_not_try_to_connect_for_each()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        var loads = 0;
        _load = () =>
        {
            loads++;
            throw new StorageUnavailableException("The keys cannot be read.");
        };
        await _cluster.PassesUntil(() => Task.FromResult(loads > 0));
        var before = loads;

        for (var i = 0; i < 20; i++)
        {
            Assert.Null((await _cluster.Messages.Send(Any.Send("hello", from: _number) with { QueueWhenOffline = true })).Refusal);
        }

        Assert.InRange(loads - before, 0, 1);
        _load = () => Task.CompletedTask;
        await _cluster.ComesBack(_number);
    }

    [Fact]
    public async Task Of_those_who_wait_while_a_connection_cannot_be_closed_each_waits_for_one_try_and_not_for_one_of_its_own()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        var slow = new TaskCompletionSource();
        var closes = 0;
        _cluster.Engine.Connecting = slow.Task;
        _cluster.Engine.Opening = _ => slow.TrySetCanceled();
        _cluster.Engine.Closing = _ =>
        {
            closes++;
            return new TaskCompletionSource().Task;
        };
        await _cluster.PassesUntil(() => Task.FromResult(closes == 1));

        var waiting = Enumerable.Range(0, 3).Select(_ => _cluster.Number(_number).SetDesired(DesiredState.Stopped)).ToList();
        await _cluster.Eventually(() => _cluster.View(_number), view => view.Reason?.Code == "stopped");
        Assert.DoesNotContain(waiting, call => call.IsCompleted);
        _cluster.Clock.Advance(TimeSpan.FromSeconds(10));

        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, closes);
        _cluster.Engine.Closing = _ => Task.CompletedTask;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_log_says_for_each_number_only_what_storage_has_not_said_for_all(bool isLogged)
    {
        (_away, _isLogged) = (true, isLogged);
        Assert.Null((await _cluster.Messages.Send(Any.Send("hello", from: _number))).Refusal);

        await _cluster.PassesUntil(() => Task.FromResult(_tries > 2));

        Assert.Equal(!isLogged, _log.Lines.Any(line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains($"Number {_number}", StringComparison.Ordinal)));
        _away = false;
    }

    private async Task TriesLessAndLessOften()
    {
        await _cluster.Passes(60, 0.25);
        var tries = _tries;
        Assert.InRange(tries, 1, 12);
        await _cluster.PassesUntil(() => Task.FromResult(_tries > tries));
    }

    private async Task<bool> IsToBeWiped() =>
        (await _cluster.Services.GetRequiredService<INumberStore>().Load(_number))!.Document.Session.WipeDue;

    // What was accepted before is not the matter here.
    private async Task<CommitResult> Commit(NumberChanges changes, Func<Task<CommitResult>> commit)
    {
        await _before();
        if (!_away || changes.NewMessages.Count > 0)
        {
            return await commit();
        }

        _tries++;
        throw new StorageUnavailableException("The database is away.") { IsLogged = _isLogged };
    }

    private sealed class Loading(ICredentialStore kept, Func<Task> load) : ICredentialStore
    {
        public async Task<CredentialsRead> Load(string number)
        {
            await load();
            return await kept.Load(number);
        }

        public Task<CredentialsSave> Save(string number, long epoch, IReadOnlyList<CredentialEntry> changes, bool begins) => kept.Save(number, epoch, changes, begins);

        public Task<bool> Wipe(string number, long epoch) => kept.Wipe(number, epoch);
    }
}
