using Loopwave.Deployment;
using Microsoft.Extensions.Time.Testing;

namespace Loopwave.Storage.Tests;

/// <summary>Whoever waits longest is next, however long that is; only a database that hangs ends the wait.</summary>
public sealed class TurnsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly FakeTimeProvider _clock = new();
    private readonly Turns _turns;

    public TurnsTests() => _turns = new Turns(1, Patience, _clock, new SilentDatabase(_clock));

    [Fact]
    public async Task Who_waits_longer_than_the_patience_keeps_the_place_while_something_gets_done()
    {
        await _turns.Enter();
        var (first, second) = (_turns.Enter(), _turns.Enter());
        _clock.Advance(Patience - TimeSpan.FromSeconds(1));
        var third = _turns.Enter();
        _turns.Leave(isDone: true);
        await first;

        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(second.IsCompleted);
        _turns.Leave(isDone: true);
        await second;
        Assert.False(third.IsCompleted);
    }

    [Fact]
    public async Task Nobody_waits_for_a_database_that_hangs_and_a_turn_that_was_given_up_is_the_next_ones()
    {
        await _turns.Enter();
        var waiting = _turns.Enter();
        _clock.Advance(Patience);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => waiting);

        var next = _turns.Enter();
        _turns.Leave(isDone: false);
        await next;
    }
}
