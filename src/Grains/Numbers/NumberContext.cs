using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Outbound;
using Loopwave.Sandbox;
using Microsoft.Extensions.Options;

namespace Loopwave.Numbers;

/// <summary>What the numbers of a process share.</summary>
internal sealed class NumberContext(
    IEnumerable<IEngine> engines,
    IOptions<NumberOptions> options,
    IOptions<MediaOptions> media,
    SiloLease lease,
    InstallSecrets secrets,
    ClientVersion version,
    ConnectTurns turns,
    OutboundAddresses outbound,
    LocalNumbers local,
    OwnershipReleases releases,
    NumberMetrics metrics,
    SendMetrics sends,
    ILocalSiloDetails silo,
    TimeProvider clock,
    SandboxControl? sandbox = null)
{
    private readonly Dictionary<EngineKind, IEngine> _engines = engines.ToDictionary(engine => engine.Kind);

    public NumberOptions Options => options.Value;

    public MediaOptions Media => media.Value;

    public SiloLease Lease => lease;

    public WhatsAppIds Ids => secrets.WhatsAppIds;

    public TimeProvider Clock => clock;

    /// <summary>The hand on the simulated network of this process, where there is one.</summary>
    public SandboxControl? Sandbox => sandbox;

    public double Random => System.Random.Shared.NextDouble();

    public IEngine Engine(EngineKind kind) => _engines[kind];

    public bool HasEngine(EngineKind kind) => _engines.ContainsKey(kind);

    public ClientVersion Version => version;

    public ConnectTurns Turns => turns;

    public OutboundAddresses Outbound => outbound;

    /// <summary>The numbers that are at work in this process.</summary>
    public LocalNumbers Local => local;

    public OwnershipReleases Releases => releases;

    public NumberMetrics Metrics => metrics;

    public SendMetrics Sends => sends;

    /// <summary>Held while something is prepared that an engine process may end of.</summary>
    public SemaphoreSlim Suspects { get; } = new(1, 1);

    public SiloAddress Silo => silo.SiloAddress;
}
