namespace Loopwave.Messages;

/// <summary>What to do next, and how rows move from place to place.</summary>
internal sealed partial class SendQueue
{
    /// <summary>What to do now, and when to look again.</summary>
    /// <param name="connection">The open connection that can send; null when there is none.</param>
    /// <param name="limit">At most this many rows are being sent at once.</param>
    public SendPlan Plan(DateTimeOffset now, Connection? connection, int limit)
    {
        Measure(now);
        Use(connection, now);
        MoveDue(now);

        var expired = _expired.Select(sequence => _rows[sequence].Item).ToList();
        var next = Earliest(now);
        if (connection is null)
        {
            return new SendPlan(expired, GivenUp(now, ref next), [], [], Deaf: false, next);
        }

        if (_unanswered.Count > 0 && AnswerBy(_unanswered.Min.At) is var answerBy)
        {
            if (answerBy <= _measured)
            {
                return new SendPlan(expired, [], [], [], Deaf: true, next);
            }

            next = Earlier(next, WallClock(answerBy, now));
        }

        var (uncertain, repeat, send) = (new List<QueueItem>(), new List<QueueItem>(), new List<QueueItem>());
        var paceAt = PaceAt;
        var room = paceAt > _measured ? 0 : rules.Paced ? Math.Min(limit, 1) : limit;
        if (HasUnsettled && _openedAt + rules.RepeatGrace > _measured)
        {
            next = Earlier(next, WallClock(_openedAt + rules.RepeatGrace, now));
        }
        else
        {
            Settle(now, room, uncertain, repeat);
        }

        send.AddRange(_lines.Next.Take(Math.Max(0, Math.Min(room - repeat.Count, limit - _claimed.Count))).Select(sequence => _rows[sequence].Item));
        if (paceAt > _measured && (_lines.Next.Count > 0 || HasUnsettled))
        {
            next = Earlier(next, WallClock(paceAt, now));
        }
        else if (repeat.Count > 0)
        {
            // Nothing announces that a repeat has left, and more may wait behind it.
            next = Earlier(next, now + rules.LongestGap);
        }

        return new SendPlan(expired, uncertain, repeat, send, Deaf: false, next);
    }

    // A connection that was closed for an answer that was only late has to begin anew with all that waits at the network.
    private TimeSpan AnswerBy(TimeSpan since) => Shorter(
        Longer(since, _heardAt) + rules.AnswerTimeout, since + (rules.AnswerTimeout * rules.AnswerTimeouts));

    // One at a time, a gap after the one before. What takes long to prepare does not hold up the other chats.
    private TimeSpan PaceAt => rules.Paced && _claimed.Count > 0 ? Longer(_nextSendAt, _claimed.Max.At + rules.LongestGap) : _nextSendAt;

    // A clock that is set back gives no time back: what is measured here loses the time since the last look, and no more.
    // One that is set forward ends waits early.
    private void Measure(DateTimeOffset now)
    {
        if (_seen is { } seen && now > seen)
        {
            _measured += now - seen;
        }

        _seen = now;
    }

    private DateTimeOffset WallClock(TimeSpan measured, DateTimeOffset now) => now + (measured - _measured);

    private void Use(Connection? connection, DateTimeOffset now)
    {
        if (connection?.Id == _connection)
        {
            return;
        }

        _connection = connection?.Id;
        if (connection is not null)
        {
            var open = now - connection.OpenedAt;
            _openedAt = _measured - (open < TimeSpan.Zero ? TimeSpan.Zero : open < rules.RepeatGrace ? open : rules.RepeatGrace);
        }

        foreach (var sequence in _unanswered.Select(one => one.Sequence).Concat(_unsettled).Concat(_suspects).ToList())
        {
            var row = _rows[sequence];
            Leave(row);
            EnterHanded(row, row.Connection, row.At);
        }

        // What came back for want of a connection need not rest on a new one.
        foreach (var (_, sequence) in _resting.Where(one => _rows[one.Sequence].Item.DueAt <= now).ToList())
        {
            Requeue(_rows[sequence]);
        }
    }

    private void MoveDue(DateTimeOffset now)
    {
        while (_later.Count > 0 && _later.Min.At <= now)
        {
            Requeue(_rows[_later.Min.Sequence]);
        }

        while (_resting.Count > 0 && _resting.Min.At <= _measured)
        {
            Requeue(_rows[_resting.Min.Sequence]);
        }

        ExpireDue(now);
    }

    private void Requeue(Row row)
    {
        Leave(row);
        if (row.Item.State is QueueState.Handed)
        {
            EnterHanded(row, connection: null, _measured);
        }
        else
        {
            EnterLine(row);
        }
    }

    private DateTimeOffset? Earliest(DateTimeOffset now)
    {
        DateTimeOffset? next = _later.Count > 0 ? _later.Min.At : null;
        next = _resting.Count > 0 ? Earlier(next, WallClock(_resting.Min.At, now)) : next;
        return _expiring.Count > 0 ? Earlier(next, _expiring.Min.At) : next;
    }

    private void EnterLine(Row row)
    {
        row.Place = Place.Waiting;
        _lines.Wait(row.Item.Chat, row.Item.Sequence);
    }

    private void EnterRest(Row row, TimeSpan until)
    {
        row.Place = Place.Resting;
        row.At = until;
        _resting.Add((until, row.Item.Sequence));
        _lines.Busy(row.Item.Chat, row.Item.Sequence);
    }

    private void EnterHanded(Row row, string? connection, TimeSpan since)
    {
        row.Place = Place.Handed;
        row.Connection = connection;
        row.At = since;
        _lines.Busy(row.Item.Chat, row.Item.Sequence);
        if (connection is not null && connection == _connection)
        {
            _unanswered.Add((since, row.Item.Sequence));
            if (row.Item.Attempts > rules.AttemptsTogether)
            {
                _suspectsOnWire.Add(row.Item.Sequence);
            }
        }
        else
        {
            (row.Item.Attempts < rules.AttemptsTogether ? _unsettled : _suspects).Add(row.Item.Sequence);
            _unsettledUntil.Add((row.Item.ExpiresAt, row.Item.Sequence));
        }
    }

    private void Leave(Row row)
    {
        var (chat, sequence) = (row.Item.Chat, row.Item.Sequence);
        switch (row.Place)
        {
            case Place.Later:
                _later.Remove((row.Item.DueAt, sequence));
                break;
            case Place.Waiting:
                _lines.Leave(chat, sequence);
                break;
            case Place.Resting:
                _resting.Remove((row.At, sequence));
                _lines.Free(chat, sequence);
                break;
            case Place.Claimed:
                _claimed.Remove((row.At, sequence));
                _lines.Free(chat, sequence);
                break;
            case Place.Handed:
                _unanswered.Remove((row.At, sequence));
                _unsettled.Remove(sequence);
                _suspects.Remove(sequence);
                _suspectsOnWire.Remove(sequence);
                _unsettledUntil.Remove((row.Item.ExpiresAt, sequence));
                _lines.Free(chat, sequence);
                break;
            case Place.Expired:
                _expired.Remove(sequence);
                break;
            default:
                throw new InvalidOperationException($"Unknown place {row.Place}.");
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset? one, DateTimeOffset other) => one < other ? one.Value : other;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
