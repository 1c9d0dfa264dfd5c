using Loopwave.Chats;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>Which session is stored, while several changes of it are on their way.</summary>
public sealed class NumberStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    private readonly NumberState _state = new(
        new NumberDocument
        {
            Id = "n1", Label = "Support", Engine = EngineKind.WhatsApp, Desired = DesiredState.Started, CreatedAt = Now, UpdatedAt = Now,
            Session = new NumberSession { State = SessionState.Ready, Paired = true, Since = Now, MovedAt = Now },
        },
        1, 1, DayCounters.None, new ChatBook("n1", null!, null!, new BookReaders(), 1));

    [Fact]
    public void A_session_is_settled_once_its_last_change_is_stored_whichever_is_told_of_first()
    {
        var stopped = Change(session => session.Stop(Now));
        Assert.False(_state.IsSettled);
        var started = Change(session => session.Start(Now));

        started.Settle();
        Assert.True(_state.IsSettled);
        stopped.Settle();

        Assert.True(_state.IsSettled);
        Assert.Equal(SessionState.Pending, _state.Settled.State);
    }

    [Fact]
    public void A_change_that_need_not_be_stored_settles_nothing_that_must_be()
    {
        var started = Change(session => session.Reconnect(Now));
        var admitted = Change(session => session.Admit(Now, Now));
        Assert.True(admitted.IsEmpty);

        admitted.Settle();
        Assert.False(_state.IsSettled);
        Assert.Equal(SessionState.Ready, _state.Settled.State);
        started.Settle();

        Assert.True(_state.IsSettled);
        Assert.Equal(SessionState.Connecting, _state.Settled.State);
    }

    private NumberWork Change(Func<NumberSession, NumberSession> step)
    {
        var work = new NumberWork(_state, Now);
        work.Change(_state.Document with { Session = step(_state.Document.Session) });
        return work;
    }
}
