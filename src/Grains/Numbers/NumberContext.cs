using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Messages;
using Microsoft.Extensions.Options;

namespace Loopwave.Numbers;

/// <summary>What the numbers of a process share.</summary>
internal sealed class NumberContext(
    IEnumerable<IEngine> engines,
    IOptions<NumberOptions> options,
    SiloLease lease,
    InstallSecrets secrets,
    VersionAlarm version,
    TimeProvider clock)
{
    private readonly Dictionary<EngineKind, IEngine> _engines = engines.ToDictionary(engine => engine.Kind);
    private readonly Dictionary<EngineKind, ConnectBudget> _budgets = new()
    {
        [EngineKind.WhatsApp] = new ConnectBudget(options.Value.ConnectInterval, clock),
        [EngineKind.Sandbox] = new ConnectBudget(options.Value.SandboxConnectInterval, clock),
    };

    public NumberOptions Options => options.Value;

    public SiloLease Lease => lease;

    public WhatsAppIds Ids => secrets.WhatsAppIds;

    public TimeProvider Clock => clock;

    public double Random => System.Random.Shared.NextDouble();

    public IEngine Engine(EngineKind kind) => _engines[kind];

    public bool HasEngine(EngineKind kind) => _engines.ContainsKey(kind);

    public VersionAlarm Version => version;

    public ConnectBudget Budget(EngineKind kind) => _budgets[kind];
}
