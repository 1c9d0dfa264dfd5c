using Loopwave.Engines;

namespace Loopwave.Messages;

/// <summary>What a stored row of the send queue means to whoever takes it up again. Pure.</summary>
internal static class QueueItemReload
{
    /// <summary>Whether the row would wait now, and only its message tells whether somebody wanted that.</summary>
    public static bool MayBeScheduled(this QueueItem item, DateTimeOffset now) =>
        item.Kind is OutboundKind.Message && item.State is not QueueState.Handed && item.Failures == 0 && item.DueAt > now;

    /// <summary>
    /// The row as it is taken up. Only a time that a person set is waited for by the clock on the wall: that clock may have
    /// been set back since the row was written, and what was to go at once then is late already.
    /// </summary>
    /// <param name="sendAt">When a person wants the message sent; null is at once.</param>
    public static QueueItem TakenUp(this QueueItem item, DateTimeOffset? sendAt, DateTimeOffset now)
    {
        var latest = item.Failures > 0 ? now + PauseAfter(item.Failures) : sendAt ?? now;
        return item with
        {
            // What was claimed and not handed over was never on the wire.
            State = item.State is QueueState.Claimed ? QueueState.Queued : item.State,
            DueAt = item.DueAt < latest ? item.DueAt : latest,
        };
    }

    /// <summary>How long a row rests that could not leave although the number was connected.</summary>
    public static TimeSpan PauseAfter(int failures) => TimeSpan.FromSeconds(Math.Pow(5, failures));
}
