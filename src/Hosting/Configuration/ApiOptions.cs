using System.ComponentModel.DataAnnotations;

namespace Loopwave.Configuration;

/// <summary>What the operator sets about HTTP.</summary>
public sealed class ApiOptions
{
    public const string Section = "Api";

    /// <summary>The largest body in JSON, in bytes.</summary>
    [Range(16 * 1024, 64 * 1024 * 1024)]
    public long MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>The largest file that can be uploaded, in bytes.</summary>
    [Range(1024, 4L * 1024 * 1024 * 1024)]
    public long MaxMediaBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Connections at the same time; more are closed.</summary>
    [Range(1, 1_000_000)]
    public long MaxConnections { get; set; } = 10_000;

    /// <summary>
    /// Requests under way at the same time in one process, those that carry files apart; more are refused with 503. By default 128 for each
    /// processor: on two of them, measured, some 2,000 a second are answered with a tenth of that under way. Three times as many may wait
    /// besides, for over a second each: those are held up by somebody else, such as a silo that does not answer.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxRequests { get; set; } = 128 * Environment.ProcessorCount;

    /// <summary>
    /// How long an API node of a cluster that is asked to stop goes on answering while it lets its connections end. Up to 30 seconds for
    /// requests that are under way then come on top.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan DrainFor { get; set; } = TimeSpan.FromSeconds(5);
}
