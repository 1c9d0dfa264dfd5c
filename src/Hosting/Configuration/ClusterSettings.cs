using System.Net;
using Loopwave.Deployment;

namespace Loopwave.Configuration;

/// <summary>How a process finds the others of its cluster, and is found by them. Standalone has none of it.</summary>
public sealed record ClusterSettings
{
    /// <summary>Orleans' service id, the same for all clusters.</summary>
    public const string Service = "loopwave";

    /// <summary><c>POSTGRES_URI</c> as the driver takes it: membership, reminders, and data unless that is in MongoDB. Holds a password.</summary>
    public required string Postgres { get; init; }

    /// <summary><c>CLUSTER_ID</c>: all processes of one cluster have the same one; 1 to 40 letters, digits, dashes and dots.</summary>
    public string Id { get; init; } = "loopwave";

    /// <summary>Whose data all its processes work on.</summary>
    public ClusterIdentity Identity => new(Service, Id);

    /// <summary>
    /// <c>SILO_ADDRESS</c>: the address of this machine at which silos and API processes reach this silo; null looks it up by the
    /// name of the machine.
    /// </summary>
    public IPAddress? SiloAddress { get; init; }

    /// <summary><c>SILO_PORT</c>: from silo to silo, 1 to 65535.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary><c>GATEWAY_PORT</c>: from API processes to this silo, 1 to 65535.</summary>
    public int GatewayPort { get; init; } = 30000;

    /// <summary>
    /// <c>DRAIN_SECONDS</c>: how long a silo that is asked to stop hands its numbers over before it stops with those it still has,
    /// 0 to 3600. Its supervisor must wait at least 25 seconds longer before it kills it.
    /// </summary>
    public TimeSpan DrainFor { get; init; } = TimeSpan.FromSeconds(60);
}
