using Loopwave.Cluster;
using Loopwave.Numbers;
using Orleans.Concurrency;

namespace Loopwave.Sandbox;

/// <inheritdoc cref="ISandboxNumbersGrain"/>
[StatelessWorker, Reentrant]
internal sealed class SandboxNumbersGrain(SiloLease lease, NumberReach reach) : NumberWayGrain(lease, reach), ISandboxNumbersGrain
{
    public Task<Outcome<SandboxView>> Get(string id) => PassOn(id, () => Sandbox(id).Get());

    public Task<Outcome<SandboxInjected>> Inject(string id, SandboxMessage message) => PassOn(id, () => Sandbox(id).Inject(message));

    public Task<Outcome<SandboxView>> Type(string id, SandboxWriter writer) => PassOn(id, () => Sandbox(id).Type(writer));

    public Task<Outcome<SandboxView>> Disconnect(string id, int code, DateTimeOffset? until) => PassOn(id, () => Sandbox(id).Disconnect(code, until));

    public Task<Outcome<SandboxView>> SetFaults(string id, SandboxFaults faults) => PassOn(id, () => Sandbox(id).SetFaults(faults));

    public Task<Outcome<SandboxView>> Scan(string id, SandboxScan scan) => PassOn(id, () => Sandbox(id).Scan(scan));

    public Task<Outcome<SandboxView>> SetAutoLink(string id, bool? on) => PassOn(id, () => Sandbox(id).SetAutoLink(on));

    public Task<Outcome<SandboxView>> Unlink(string id) => PassOn(id, () => Sandbox(id).Unlink());

    public Task<Outcome<SandboxView>> SetTraffic(string id, SandboxTraffic traffic) => PassOn(id, () => Sandbox(id).SetTraffic(traffic));

    public Task<Outcome<SandboxView>> BuildHistory(string id, SandboxHistory history) => PassOn(id, () => Sandbox(id).BuildHistory(history));

    public Task<Outcome<Page<SandboxSent>>> Sent(string id, string? chat, PageRequest page) => PassOn(id, () => Sandbox(id).Sent(chat, page));

    public Task<Outcome<Page<SandboxInbound>>> Inbound(string id, PageRequest page) => PassOn(id, () => Sandbox(id).Inbound(page));

    public Task<Outcome<Page<SandboxConnectionView>>> Connections(string id, PageRequest page) => PassOn(id, () => Sandbox(id).Connections(page));

    private ISandboxGrain Sandbox(string id) => GrainFactory.GetGrain<ISandboxGrain>(id);
}
