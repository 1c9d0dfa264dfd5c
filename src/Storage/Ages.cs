namespace Loopwave.Storage;

/// <summary>How long is kept what is kept for a time, by every database.</summary>
internal static class Ages
{
    /// <summary>How long a request that was carried out answers for its repeats.</summary>
    public static readonly TimeSpan Idempotency = TimeSpan.FromHours(24);

    /// <summary>What is over is kept for a while: a clock that jumps ahead and comes back must not have lost any.</summary>
    public static readonly TimeSpan IdempotencyKept = TimeSpan.FromDays(7);

    /// <summary>As long as receivers are known to ask for a message again.</summary>
    public static readonly TimeSpan SentMessages = TimeSpan.FromDays(7);

    /// <summary>Events for webhooks that nobody has taken: longer than a delivery is ever tried.</summary>
    public static readonly TimeSpan Events = TimeSpan.FromDays(7);

    /// <summary>Leases and reports of silos that are gone. One that is missing counts as one that was revoked.</summary>
    public static readonly TimeSpan Silos = TimeSpan.FromDays(1);
}
