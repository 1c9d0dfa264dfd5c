using System.Net;
using Loopwave.Storage;
using Serilog.Events;

namespace Loopwave.Configuration;

/// <summary>
/// What the process as a whole was told; what belongs to one feature is in that feature's options. Each property is
/// read from the key named beside it, which <c>docs/operations/configuration.md</c> explains to operators.
/// </summary>
public sealed record LoopwaveSettings
{
    public ProcessRole Role { get; init; }

    /// <summary>Null in standalone.</summary>
    public ClusterSettings? Cluster { get; init; }

    /// <summary>
    /// <c>MONGODB_URI</c>: where the data is, for standalone and for silos; null keeps it in SQLite files, or in the PostgreSQL of a cluster.
    /// Holds a password. API processes read no data.
    /// </summary>
    public string? Mongo { get; init; }

    /// <summary><c>PORT</c>: 1 to 65535; 4000, and 4001 for a silo.</summary>
    public required int Port { get; init; }

    /// <summary><c>BIND_ADDRESS</c>: null stands for loopback in both address families, so that a first try is not open to the network.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary><c>WEB_ORIGIN</c>, or else this machine: where people find the product with their browser. No slash at the end.</summary>
    public required string Address { get; init; }

    /// <summary><c>DATA_DIR</c>: everything this deployment keeps, unless the two below say otherwise.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>AUTH_DIR</c>, standalone only: the credentials of the linked numbers. Whoever reads them owns the accounts.</summary>
    public required string AuthDirectory { get; init; }

    /// <summary><c>MEDIA_DIR</c>: received and sent files; with a bucket, only those on their way to it and from it.</summary>
    public required string MediaDirectory { get; init; }

    /// <summary><c>MEDIA_S3_BUCKET</c> and what goes with it: where files are kept; null keeps them in <see cref="MediaDirectory"/>. Holds a secret.</summary>
    public MediaBucketOptions? MediaBucket { get; init; }

    /// <summary><c>CREDENTIALS_KEY</c>: 32 bytes that encrypt the credentials; null lets a standalone deployment make its own inside <c>AUTH_DIR</c>.</summary>
    public byte[]? CredentialsKey { get; init; }

    /// <summary><c>OUTBOUND_ALLOW</c>: networks that outgoing requests may reach beside public addresses; null leaves the mode's default.</summary>
    public IReadOnlyList<IPNetwork>? OutboundAllow { get; init; }

    /// <summary><c>METRICS_ALLOW</c>: networks that may read <c>/metrics</c>; null is this machine and private networks, none switches it off.</summary>
    public IReadOnlyList<IPNetwork>? MetricsAllow { get; init; }

    /// <summary>This process measures, and shows it at <c>/metrics</c>.</summary>
    public bool HasMetrics => MetricsAllow is not { Count: 0 };

    /// <summary><c>OTEL_EXPORTER_OTLP_ENDPOINT</c>: spans are sent to a collector there; null is nowhere, and then there are none.</summary>
    public TraceSettings? Traces { get; init; }

    /// <summary><c>ORLEANS_DASHBOARD</c>: admins are shown what the framework of the cluster does. The same in all processes of one.</summary>
    public bool OrleansDashboard { get; init; }

    /// <summary><c>WA_VERSION</c>: the client version told to WhatsApp, three numbers; null leaves the one that is built in.</summary>
    public IReadOnlyList<int>? WhatsAppVersion { get; init; }

    /// <summary><c>WA_SOCKET_URL</c>: where WhatsApp is; null is the real one.</summary>
    public Uri? WhatsAppSocket { get; init; }

    /// <summary><c>ENGINE_HOSTS</c>: how many engine processes share the WhatsApp numbers; null starts as many as they need.</summary>
    public int? EngineHosts { get; init; }

    /// <summary><c>LOG_LEVEL</c>: how much is logged; null keeps standard output quiet and the log files at information.</summary>
    public LogEventLevel? LogLevel { get; init; }

    /// <summary>Tells this process from others on the same machine, and is the same after a restart.</summary>
    public string ProcessName => Role switch
    {
        ProcessRole.Standalone => "loopwave",
        ProcessRole.Silo => $"silo-{Port}",
        ProcessRole.Api => $"api-{Port}",
    };

    public string LogDirectory => Path.Combine(DataDirectory, "logs");
}
