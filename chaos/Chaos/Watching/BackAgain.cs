using Loopwave.Chaos.Ledger;

namespace Loopwave.Chaos.Watching;

/// <summary>
/// How long it took until all numbers of a kind were back after an outage of storage. What a number shows comes out of storage: one whose connection went meanwhile
/// shows ready until it could store that, and for ever if it never does. Its network knows better.
/// </summary>
/// <param name="Shown">The longest time that a number showed that it was not ready, once storage was back.</param>
/// <param name="Connected">From when storage was back until the last number had the connection that it kept, by the networks' records.</param>
/// <param name="Missing">How many had none when looking ended.</param>
internal sealed record BackAgain(TimeSpan Shown, TimeSpan Connected, int Missing)
{
    public TimeSpan Longest => Shown > Connected ? Shown : Connected;

    /// <param name="until">When looking ends.</param>
    public static IReadOnlyDictionary<EngineKind, BackAgain> Of(
        FaultRecord fault, DateTimeOffset until, IEnumerable<Timeline> timelines, ILookup<string, NumberConnection> connections) =>
        timelines.GroupBy(timeline => timeline.Engine).OrderBy(kind => kind.Key).ToDictionary(kind => kind.Key, kind => Of(fault, until, [.. kind], connections));

    private static BackAgain Of(FaultRecord fault, DateTimeOffset until, IReadOnlyList<Timeline> timelines, ILookup<string, NumberConnection> connections)
    {
        var kept = timelines.Select(timeline => Kept(connections[timeline.Number], until)).ToList();
        return new(
            timelines.SelectMany(timeline => timeline.Away(fault.BackAt, until, until)).DefaultIfEmpty().Max(),
            kept.Select(from => (from ?? until) - fault.BackAt).Append(TimeSpan.Zero).Max(),
            kept.Count(from => from is null));
    }

    // When the connection began that stood at the end. One that began before storage was back kept nobody waiting.
    private static DateTimeOffset? Kept(IEnumerable<NumberConnection> connections, DateTimeOffset until)
    {
        var last = connections.Where(connection => connection.From < until).MaxBy(connection => (connection.From, connection.Began));
        return last is null || last.To < until ? null : last.From;
    }
}
