namespace Loopwave.Messages;

/// <summary>
/// A message that could not be sent within its time limit expires. The limit itself is fixed when it is accepted
/// (<see cref="Numbers.NumberOptions.MessageTimeToLive"/>).
/// </summary>
internal sealed partial class SendQueue
{
    private void ExpireDue(DateTimeOffset now)
    {
        while (_expiring.Count > 0 && _expiring.Min.At <= now)
        {
            Expire(_rows[_expiring.Min.Sequence]);
        }
    }

    // Its time can run out while it is prepared.
    private bool ExpireInsteadOfHanding(Row row, DateTimeOffset now)
    {
        if (row.Place is not Place.Claimed || row.Item.Attempts > 0 || row.Item.ExpiresAt > now)
        {
            return false;
        }

        Expire(row);
        return true;
    }

    private void Expire(Row row)
    {
        _expiring.Remove((row.Item.ExpiresAt, row.Item.Sequence));
        Leave(row);
        row.Item = row.Item with { State = QueueState.Queued };
        row.Place = Place.Expired;
        _expired.Add(row.Item.Sequence);
    }

    // Only what was never on the wire expires: the rest must end as sent or uncertain.
    private void Watch(Row row)
    {
        if (row.Item.Attempts == 0)
        {
            _expiring.Add((row.Item.ExpiresAt, row.Item.Sequence));
        }
    }
}
