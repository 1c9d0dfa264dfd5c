using Loopwave.Cluster;
using Loopwave.Sandbox;

namespace Loopwave.Testing.Api;

internal sealed class FakeSandbox(FakeDeployment deployment, string silo) : ISandboxNumbersGrain
{
    public Task<bool> IsOpen() => Task.FromResult(true);

    public Task<WayView> Look() => Task.FromResult(new WayView(true, silo));

    public Task<Outcome<SandboxView>> Get(string id) => View(id, "get");

    public Task<Outcome<SandboxInjected>> Inject(string id, SandboxMessage message) =>
        deployment.Answer<SandboxInjected>(new AskedNumber(id, message), () => new SandboxInjected("3EB0", Samples.Jid));

    public Task<Outcome<SandboxView>> Type(string id, SandboxWriter writer) => View(id, writer);

    public Task<Outcome<SandboxView>> Disconnect(string id, int code, DateTimeOffset? until) => View(id, (code, until));

    public Task<Outcome<SandboxView>> SetFaults(string id, SandboxFaults faults) => View(id, faults);

    public Task<Outcome<SandboxView>> Scan(string id, SandboxScan scan) => View(id, scan);

    public Task<Outcome<SandboxView>> SetAutoLink(string id, bool? on) => View(id, ("auto-link", on));

    public Task<Outcome<SandboxView>> Unlink(string id) => View(id, "unlink");

    public Task<Outcome<SandboxView>> SetTraffic(string id, SandboxTraffic traffic) => View(id, traffic);

    public Task<Outcome<SandboxView>> BuildHistory(string id, SandboxHistory history) => View(id, history);

    public Task<Outcome<Page<SandboxSent>>> Sent(string id, string? chat, PageRequest page) => Page<SandboxSent>(id, (chat, page));

    public Task<Outcome<Page<SandboxInbound>>> Inbound(string id, PageRequest page) => Page<SandboxInbound>(id, page);

    public Task<Outcome<Page<SandboxConnectionView>>> Connections(string id, PageRequest page) => Page<SandboxConnectionView>(id, page);

    private Task<Outcome<SandboxView>> View(string id, object what) => deployment.Answer<SandboxView>(new AskedNumber(id, what), () => new SandboxView
    {
        Linked = true,
        Connected = true,
        Linking = false,
        Waiting = 0,
        Faults = SandboxFaults.None,
        History = new SandboxHistory(0, 0),
    });

    private Task<Outcome<Page<T>>> Page<T>(string id, object what) =>
        deployment.Answer<Page<T>>(new AskedNumber(id, what), () => new Page<T>([], null));
}
