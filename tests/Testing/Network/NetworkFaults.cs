namespace Loopwave.Network;

/// <summary>What is wrong on one way of a connection, all at once.</summary>
public sealed record NetworkFaults
{
    public static NetworkFaults None { get; } = new();

    /// <summary>How much later everything arrives.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>As much more or less than <see cref="Latency"/>, by chance. Nothing overtakes what was sent before.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Bytes a second that get through; null for as many as there are.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>Everything arrives in pieces of so many bytes at most; null for whole.</summary>
    public int? SliceBytes { get; init; }

    /// <summary>A connection is reset once so many bytes have passed on this way since it was opened; null for never.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>
    /// Nothing arrives, not even that an end has closed, and nobody is told. When it is over, what was sent meanwhile arrives, as
    /// the ends of a connection would send it again. New connections are still taken.
    /// </summary>
    public bool BlackHole { get; init; }

    /// <summary>How much later the other end hears that one end has closed.</summary>
    public TimeSpan CloseDelay { get; init; }

    public bool IsNone => this == None;
}
