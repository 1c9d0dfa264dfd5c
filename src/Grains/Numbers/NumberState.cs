using Loopwave.Chats;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>What an activation keeps of its number, as it stands including changes whose commit is still under way.</summary>
internal sealed class NumberState(NumberDocument document, long epoch, long sequence, DayCounters day, ChatBook book)
{
    private long _changes;
    private long _settled;

    public NumberDocument Document { get; set; } = document;

    public long Epoch { get; } = epoch;

    /// <summary>The highest sequence number taken so far.</summary>
    public long Sequence { get; private set; } = sequence;

    public DayCounters Day { get; set; } = day;

    /// <summary>The session as it was when its last change was stored, or needed no storing.</summary>
    public NumberSession Settled { get; private set; } = document.Session;

    /// <summary>Nothing of the session is still on its way to storage.</summary>
    public bool IsSettled => !Settled.NeedsSaving(Document.Session);

    public ChatBook Book { get; } = book;

    public RecentMessages Recent { get; } = new();

    public CommitLane Lane { get; } = new();

    public long Take() => ++Sequence;

    /// <summary>A place in the order in which the session was changed.</summary>
    public long TakeChange() => ++_changes;

    /// <summary>The change in this place is stored. Of two that were stored at once, the later one may be told of first.</summary>
    public void Settle(long change, NumberSession session)
    {
        if (change > _settled)
        {
            (_settled, Settled) = (change, session);
        }

        SettleWhatNeedsNoSaving();
    }

    /// <summary>A change that need not be stored holds as soon as everything before it is.</summary>
    public void SettleWhatNeedsNoSaving() => Settled = IsSettled ? Document.Session : Settled;

    /// <summary>Goes on with a session that differs from the stored one in nothing that is saved.</summary>
    public void GoOnWith(NumberSession settled) => (Document, Settled) = (Document with { Session = settled }, settled);
}
