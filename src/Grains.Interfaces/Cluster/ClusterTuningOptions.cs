using System.ComponentModel.DataAnnotations;

namespace Loopwave.Cluster;

/// <summary>
/// How soon the processes of a cluster notice that a silo is gone, and how long they wait for each other. Section <c>Cluster</c> of the
/// configuration, the same for all of them. What follows from these values, or what nobody needs to change, is no setting.
/// </summary>
public sealed class ClusterTuningOptions
{
    public const string Section = "Cluster";

    /// <summary>How long a silo waits for the answer of another one that it asks whether it lives, before it has seen how long answers take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:03")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The same at most, where answers are slow. Half of <see cref="ProbeTimeout"/> is the least.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:09")]
    public TimeSpan MaxProbeTimeout { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>How many questions in a row a silo leaves unanswered before it is taken for dead.</summary>
    [Range(2, 6)]
    public int MissedProbes { get; set; } = 3;

    /// <summary>How often API nodes look which silos there are: so long a silo that stands still is given requests after the others know.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:15")]
    public TimeSpan GatewayRefresh { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a process waits for another one to do what it was asked. A database that does not answer is given up after up to 4
    /// seconds, of which a busy machine makes more: with less than seven nobody would be told of it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:07", "00:00:25")]
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
