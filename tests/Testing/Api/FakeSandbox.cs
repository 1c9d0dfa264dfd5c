using Loopwave.Sandbox;

namespace Loopwave.Testing.Api;

internal sealed class FakeSandbox(FakeDeployment deployment, string id) : ISandboxGrain
{
    public Task<Outcome<SandboxView>> Get() => View("get");

    public Task<Outcome<SandboxInjected>> Inject(SandboxMessage message) =>
        deployment.Answer<SandboxInjected>(new AskedNumber(id, message), () => new SandboxInjected("3EB0", Samples.Jid));

    public Task<Outcome<SandboxView>> Type(SandboxWriter writer) => View(writer);

    public Task<Outcome<SandboxView>> Disconnect(int code, DateTimeOffset? until) => View((code, until));

    public Task<Outcome<SandboxView>> SetFaults(SandboxFaults faults) => View(faults);

    public Task<Outcome<SandboxView>> Scan(SandboxScan scan) => View(scan);

    public Task<Outcome<SandboxView>> SetAutoLink(bool? on) => View(("auto-link", on));

    public Task<Outcome<SandboxView>> Unlink() => View("unlink");

    public Task<Outcome<SandboxView>> SetTraffic(SandboxTraffic traffic) => View(traffic);

    public Task<Outcome<SandboxView>> BuildHistory(SandboxHistory history) => View(history);

    public Task<Outcome<Page<SandboxSent>>> Sent(string? chat, PageRequest page) => Page<SandboxSent>((chat, page));

    public Task<Outcome<Page<SandboxInbound>>> Inbound(PageRequest page) => Page<SandboxInbound>(page);

    public Task<Outcome<Page<SandboxConnectionView>>> Connections(PageRequest page) => Page<SandboxConnectionView>(page);

    private Task<Outcome<SandboxView>> View(object what) => deployment.Answer<SandboxView>(new AskedNumber(id, what), () => new SandboxView
    {
        Linked = true,
        Connected = true,
        Linking = false,
        Waiting = 0,
        Faults = SandboxFaults.None,
        History = new SandboxHistory(0, 0),
    });

    private Task<Outcome<Page<T>>> Page<T>(object what) =>
        deployment.Answer<Page<T>>(new AskedNumber(id, what), () => new Page<T>([], null));
}
