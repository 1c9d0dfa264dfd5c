namespace Loopwave.Chaos.Watching;

/// <summary>A change of a number's status, at the moment that the number itself wrote down.</summary>
internal sealed record StatusAt(DateTimeOffset At, string Status, string? Detail, string? Reason);

/// <summary>What a number showed in the course of a run, oldest first.</summary>
internal sealed record Timeline(string Number, EngineKind Engine, IReadOnlyList<StatusAt> Entries)
{
    private const string Ready = "ready";

    /// <summary>The first time after a moment that it became ready.</summary>
    public DateTimeOffset? ReadyAfter(DateTimeOffset at) => Entries.FirstOrDefault(entry => entry.At > at && entry.Status == Ready)?.At;

    /// <summary>The first moment from one on at which it was ready.</summary>
    public DateTimeOffset? ReadyFrom(DateTimeOffset at) => Entries.LastOrDefault(entry => entry.At <= at) is { Status: Ready } ? at : ReadyAfter(at);

    /// <summary>What it showed between two moments besides ready.</summary>
    public IEnumerable<StatusAt> NotReady(DateTimeOffset from, DateTimeOffset to) =>
        Entries.Where(entry => entry.At > from && entry.At < to && entry.Status != Ready);

    /// <summary>When it became ready after it had last left ready between two moments; after the first of them, if it never did.</summary>
    public DateTimeOffset? ReadyToStay(DateTimeOffset from, DateTimeOffset to) =>
        ReadyAfter(NotReady(from, to).Select(entry => entry.At).LastOrDefault(from));

    /// <summary>Each time that it was not ready, if that began between two moments, or before; how long from the first of them on.</summary>
    /// <param name="until">When looking ends: without an end it lasts until then.</param>
    public IEnumerable<TimeSpan> Away(DateTimeOffset from, DateTimeOffset to, DateTimeOffset until)
    {
        DateTimeOffset? since = Entries.LastOrDefault(entry => entry.At <= from) is { Status: not Ready } ? from : null;
        foreach (var entry in Entries.Where(entry => entry.At > from && entry.At < until))
        {
            if (entry.Status != Ready)
            {
                since ??= entry.At < to ? entry.At : null;
            }
            else if (since is { } began)
            {
                yield return entry.At - began;
                since = null;
            }
        }

        if (since is { } still)
        {
            yield return until - still;
        }
    }
}
