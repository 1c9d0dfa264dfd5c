namespace Loopwave.Chaos.Watching;

/// <summary>What somebody wanted of an API node, about a number: to send a message, to take one that was written to it, or to be shown something.</summary>
/// <param name="Node">The API node that was asked first, from 0.</param>
/// <param name="First">When that was.</param>
/// <param name="Done">When it was done, after as many attempts as it took; null for never.</param>
internal sealed record Asked(string Number, int Node, DateTimeOffset First, DateTimeOffset? Done);

/// <summary>All that was wanted in a run.</summary>
internal sealed record AllAsked(IReadOnlyList<Asked> Sends, IReadOnlyList<Asked> Injections, IReadOnlyList<Asked> Reads)
{
    public static readonly AllAsked Nothing = new([], [], []);

    /// <summary>How many sends were to be begun.</summary>
    public double SendsPerSecond { get; init; }

    /// <summary>How many messages were to be written to numbers of the sandbox.</summary>
    public double InjectionsPerSecond { get; init; }

    /// <summary>Each single attempt at any of it, and at what nobody waited for, by what it was.</summary>
    public IReadOnlyDictionary<string, AnswerTimes> Attempts { get; init; } = new Dictionary<string, AnswerTimes>();
}

/// <summary>How long some of it took.</summary>
/// <param name="Taken">Until it was done; null when nothing was.</param>
/// <param name="Never">How many were not.</param>
internal sealed record AskedTimes(Spread? Taken, int Never)
{
    public int Count => Never + (Taken?.Count ?? 0);

    public override string ToString() => Taken is null
        ? FormattableString.Invariant($"none done of {Count}")
        : FormattableString.Invariant($"p50 {Taken.Median.TotalMilliseconds:0} ms, p99 {Taken.P99.TotalMilliseconds:0} ms, longest {Taken.Longest.TotalSeconds:0.0} s, of {Taken.Count}{(Never == 0 ? "" : $", and {Never} never")}");
}
