namespace Loopwave.Numbers;

/// <summary>Turns what is stored of a number into what callers see.</summary>
internal static class NumberViews
{
    private static readonly Cause Restarting = new("server_restarting", "The server is starting; the number connects in a moment.");

    public static NumberView View(this StoredNumber stored, DateTimeOffset now)
    {
        var view = stored.Document.View(stored.Day, stored.Queued, now);
        return stored.Status == view.Status ? view : view with { Status = stored.Status, Detail = null, Reason = Restarting };
    }

    public static NumberView View(this NumberDocument number, DayCounters day, int queued, DateTimeOffset now)
    {
        var session = number.Session;
        var today = day.On(DateOnly.FromDateTime(now.UtcDateTime));
        return new NumberView
        {
            Id = number.Id,
            Label = number.Label,
            Engine = number.Engine,
            Phone = number.Phone,
            PushName = number.PushName,
            Status = session.Status,
            Detail = session.Detail,
            Reason = session.Reason,
            Since = session.Since,
            Until = session.Until,
            Attempt = session.Attempt,
            NextAttemptAt = session.NextAttemptAt,
            Tags = number.Tags,
            Proxy = number.Proxy?.Shown,
            RemovedAt = number.RemovedAt,
            Counters = new NumberCounters(today.Received, today.Sent, queued),
            History = number.History,
            CreatedAt = number.CreatedAt,
            UpdatedAt = number.UpdatedAt,
        };
    }

    public static NumberTransition Transition(this NumberSession session, DateTimeOffset at) =>
        new(session.Status, session.Detail, session.Reason, at);
}
