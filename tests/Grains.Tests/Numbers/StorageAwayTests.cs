using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>What a number does while storage is away for longer: all numbers of a silo do so at once.</summary>
public sealed class StorageAwayTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;
    private bool _away;
    private int _tries;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(new ClusterSetup { Commits = Commit });
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task It_tries_less_and_less_often_and_goes_on_by_itself_once_storage_is_back()
    {
        _away = true;
        Assert.Null((await _cluster.Messages.Send(Any.Send("hello", from: _number))).Refusal);
        await _cluster.PassesUntil(() => Task.FromResult(_tries > 0));

        await _cluster.Passes(60, 0.25);
        Assert.InRange(_tries, 6, 12);
        Assert.False(_cluster.Engine.HasRelay(_number));
        _away = false;

        var back = _cluster.Clock.GetUtcNow();
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasRelay(_number)));
        Assert.InRange((_cluster.Clock.GetUtcNow() - back).TotalSeconds, 0, 11);
        Assert.Equal("hello", (await _cluster.Engine.NextRelay(_number)).Message.Text);
    }

    [Fact]
    public async Task A_session_step_that_falls_due_meanwhile_is_not_tried_more_often_and_made_afterwards()
    {
        _away = true;
        Assert.Null((await _cluster.Messages.Send(Any.Send("hello", from: _number))).Refusal);
        await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Raise(_number, new EngineEvent.Closed(428)));
        await _cluster.Passes(60, 0.25);
        Assert.InRange(_tries, 6, 16);
        _away = false;

        await _cluster.ComesBack(_number);
    }

    // What was accepted before is not the matter here.
    private Task<CommitResult> Commit(NumberChanges changes, Func<Task<CommitResult>> commit)
    {
        if (!_away || changes.NewMessages.Count > 0)
        {
            return commit();
        }

        _tries++;
        throw new StorageUnavailableException("The database is away.") { IsLogged = true };
    }
}
