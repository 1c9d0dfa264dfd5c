using Loopwave.Chaos.Ledger;

namespace Loopwave.Chaos.Watching;

/// <summary>
/// How long it took until all numbers were back after an outage of storage. What a number shows comes out of storage: one whose connection went meanwhile
/// shows ready until it could store that, and for ever if it never does. Its network knows better.
/// </summary>
/// <param name="Shown">The longest time that a number showed that it was not ready, once storage was back.</param>
/// <param name="Connected">From when storage was back until the last number had the connection that it kept, by the networks' records.</param>
internal sealed record BackAgain(TimeSpan Shown, TimeSpan Connected)
{
    public TimeSpan Longest => Shown > Connected ? Shown : Connected;

    /// <param name="until">When looking ends: what is not back by then is away until then.</param>
    public static BackAgain Of(FaultRecord fault, DateTimeOffset until, IReadOnlyCollection<Timeline> timelines, ILookup<string, NumberConnection> connections) => new(
        timelines.SelectMany(timeline => timeline.Away(fault.BackAt, until, until)).DefaultIfEmpty().Max(),
        timelines.Select(timeline => (Kept(connections[timeline.Number], until) ?? until) - fault.BackAt).Append(TimeSpan.Zero).Max());

    // When the connection began that stood at the end. One that began before storage was back kept nobody waiting.
    private static DateTimeOffset? Kept(IEnumerable<NumberConnection> connections, DateTimeOffset until)
    {
        var last = connections.Where(connection => connection.From < until).MaxBy(connection => (connection.From, connection.Began));
        return last is null || last.To < until ? null : last.From;
    }
}
