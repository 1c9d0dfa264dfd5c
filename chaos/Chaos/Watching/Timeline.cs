namespace Loopwave.Chaos.Watching;

/// <summary>A change of a number's status, at the moment that the number itself wrote down.</summary>
internal sealed record StatusAt(DateTimeOffset At, string Status, string? Detail, string? Reason);

/// <summary>What a number showed in the course of a run, oldest first.</summary>
internal sealed record Timeline(string Number, EngineKind Engine, IReadOnlyList<StatusAt> Entries)
{
    private const string Ready = "ready";

    /// <summary>The first time after a moment that it became ready.</summary>
    public DateTimeOffset? ReadyAfter(DateTimeOffset at) => Entries.FirstOrDefault(entry => entry.At > at && entry.Status == Ready)?.At;

    /// <summary>What it showed between two moments besides ready.</summary>
    public IEnumerable<StatusAt> NotReady(DateTimeOffset from, DateTimeOffset to) =>
        Entries.Where(entry => entry.At > from && entry.At < to && entry.Status != Ready);

    /// <summary>Each time between two moments that it was not ready, and for how long; without an end it lasts until the second.</summary>
    public IEnumerable<TimeSpan> Away(DateTimeOffset from, DateTimeOffset to)
    {
        DateTimeOffset? since = null;
        foreach (var entry in Entries.Where(entry => entry.At > from && entry.At < to))
        {
            if (entry.Status != Ready)
            {
                since ??= entry.At;
            }
            else if (since is { } began)
            {
                yield return entry.At - began;
                since = null;
            }
        }

        if (since is { } still)
        {
            yield return to - still;
        }
    }
}
