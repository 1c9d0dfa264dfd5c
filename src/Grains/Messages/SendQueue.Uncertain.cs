namespace Loopwave.Messages;

/// <summary>
/// What was on the wire and never answered is repeated with the same id, so often and so long as is allowed
/// (<see cref="SendRules.MostAttempts"/>); then it ends as uncertain.
/// </summary>
internal sealed partial class SendQueue
{
    // Nobody can tell any more what became of it, and no connection is there to ask.
    private List<QueueItem> GivenUp(DateTimeOffset now, ref DateTimeOffset? next)
    {
        var late = _unsettledUntil.TakeWhile(one => one.At <= now).Select(one => _rows[one.Sequence].Item).ToList();
        if (_unsettledUntil.Count > late.Count)
        {
            next = Earlier(next, _unsettledUntil.ElementAt(late.Count).At);
        }

        return late;
    }

    private bool HasUnsettled => _unsettled.Count + _suspects.Count > 0;

    private void Settle(DateTimeOffset now, int room, List<QueueItem> uncertain, List<QueueItem> repeat)
    {
        Settle(_unsettled, now, room, uncertain, repeat);
        Settle(_suspects, now, _suspectsOnWire.Count > 0 ? 0 : Math.Min(room, repeat.Count + 1), uncertain, repeat);
    }

    private void Settle(SortedSet<long> sequences, DateTimeOffset now, int room, List<QueueItem> uncertain, List<QueueItem> repeat)
    {
        foreach (var sequence in sequences)
        {
            var item = _rows[sequence].Item;
            if (item.Attempts >= rules.MostAttempts || item.ExpiresAt <= now)
            {
                uncertain.Add(item);
            }
            else if (repeat.Count < room)
            {
                repeat.Add(item);
            }
            else
            {
                return;
            }
        }
    }
}
