using Loopwave.Cluster;
using Loopwave.Numbers;
using Orleans.Concurrency;

namespace Loopwave.Sandbox;

/// <inheritdoc cref="ISandboxNumbersGrain"/>
[StatelessWorker, Reentrant]
internal sealed class SandboxNumbersGrain(SiloLease lease) : WayGrain(lease), ISandboxNumbersGrain
{
    public Task<Outcome<SandboxView>> Get(string id) => Sandbox(id).Get();

    public Task<Outcome<SandboxInjected>> Inject(string id, SandboxMessage message) => Sandbox(id).Inject(message);

    public Task<Outcome<SandboxView>> Type(string id, SandboxWriter writer) => Sandbox(id).Type(writer);

    public Task<Outcome<SandboxView>> Disconnect(string id, int code, DateTimeOffset? until) => Sandbox(id).Disconnect(code, until);

    public Task<Outcome<SandboxView>> SetFaults(string id, SandboxFaults faults) => Sandbox(id).SetFaults(faults);

    public Task<Outcome<SandboxView>> Scan(string id, SandboxScan scan) => Sandbox(id).Scan(scan);

    public Task<Outcome<SandboxView>> SetAutoLink(string id, bool? on) => Sandbox(id).SetAutoLink(on);

    public Task<Outcome<SandboxView>> Unlink(string id) => Sandbox(id).Unlink();

    public Task<Outcome<SandboxView>> SetTraffic(string id, SandboxTraffic traffic) => Sandbox(id).SetTraffic(traffic);

    public Task<Outcome<SandboxView>> BuildHistory(string id, SandboxHistory history) => Sandbox(id).BuildHistory(history);

    public Task<Outcome<Page<SandboxSent>>> Sent(string id, string? chat, PageRequest page) => Sandbox(id).Sent(chat, page);

    public Task<Outcome<Page<SandboxInbound>>> Inbound(string id, PageRequest page) => Sandbox(id).Inbound(page);

    public Task<Outcome<Page<SandboxConnectionView>>> Connections(string id, PageRequest page) => Sandbox(id).Connections(page);

    private ISandboxGrain Sandbox(string id) => GrainFactory.GetGrain<ISandboxGrain>(id);
}
