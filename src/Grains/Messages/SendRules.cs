namespace Loopwave.Messages;

/// <summary>The numbers of a send queue, from <see cref="Numbers.NumberOptions"/>.</summary>
internal sealed record SendRules
{
    public int Capacity { get; init; } = 10_000;

    /// <summary>The first hand-over and three repeats.</summary>
    public int MostAttempts { get; init; } = 4;

    /// <summary>
    /// A row that was handed over this often without an answer is repeated only while no other such row is unanswered: one of them may be
    /// what ends the process it is handed to, and the others must not share its fate.
    /// </summary>
    public int AttemptsTogether { get; init; } = 2;

    /// <summary>A connection of which nothing at all is heard for so long, while a message is unanswered, is deaf.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>While other things are heard of it, an answer may only be late: it is waited for so much longer.</summary>
    public int AnswerTimeouts { get; init; } = 4;

    /// <summary>After a connection opens, this long is waited for an answer that was only late.</summary>
    public TimeSpan RepeatGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A row that could not be handed over is not tried again on the same connection before this.</summary>
    public TimeSpan ReturnRest { get; init; } = TimeSpan.FromSeconds(1);
    public TimeSpan ShortestGap { get; init; } = TimeSpan.FromSeconds(0.5);
    public TimeSpan LongestGap { get; init; } = TimeSpan.FromSeconds(1.5);

    public bool Paced => LongestGap > TimeSpan.Zero;

    public TimeSpan MeanGap => (ShortestGap + LongestGap) / 2;

    /// <summary>A gap between the shortest and the longest, for a random number from 0 to 1.</summary>
    public TimeSpan Gap(double random) => ShortestGap + ((LongestGap - ShortestGap) * random);
}
