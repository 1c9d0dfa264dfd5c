using Loopwave.Chats;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>What an activation keeps of its number, as it stands including changes whose commit is still under way.</summary>
internal sealed class NumberState(NumberDocument document, long epoch, long sequence, DayCounters day, ChatBook book)
{
    public NumberDocument Document { get; set; } = document;

    public long Epoch { get; } = epoch;

    /// <summary>The highest sequence number taken so far.</summary>
    public long Sequence { get; private set; } = sequence;

    public DayCounters Day { get; set; } = day;

    /// <summary>The session as it was when its last change was stored, or needed no storing.</summary>
    public NumberSession Settled { get; set; } = document.Session;

    public ChatBook Book { get; } = book;

    public RecentMessages Recent { get; } = new();

    public CommitLane Lane { get; } = new();

    public long Take() => ++Sequence;
}
