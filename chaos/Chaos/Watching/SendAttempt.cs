namespace Loopwave.Chaos.Watching;

/// <summary>A message that somebody wanted to send.</summary>
/// <param name="Node">The API node that was asked first, from 0.</param>
/// <param name="First">When that was.</param>
/// <param name="Accepted">When it was accepted, after as many attempts as it took; null for never.</param>
internal sealed record SendAttempt(string Number, int Node, DateTimeOffset First, DateTimeOffset? Accepted);

/// <summary>What became of sends of one kind.</summary>
/// <param name="Taken">From the first attempt to the acceptance; null when none was accepted.</param>
/// <param name="Never">How many were not.</param>
internal sealed record SendTimes(Spread? Taken, int Never)
{
    public int Count => Never + (Taken?.Count ?? 0);

    public override string ToString() => Taken is null
        ? FormattableString.Invariant($"none accepted of {Count}")
        : FormattableString.Invariant($"p50 {Taken.Median.TotalMilliseconds:0} ms, p99 {Taken.P99.TotalMilliseconds:0} ms, longest {Taken.Longest.TotalSeconds:0.0} s, of {Taken.Count}{(Never == 0 ? "" : $", and {Never} never")}");
}
