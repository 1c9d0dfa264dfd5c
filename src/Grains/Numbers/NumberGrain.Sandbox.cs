using Loopwave.Sandbox;

namespace Loopwave.Numbers;

/// <summary>
/// The door to the control of a sandbox number. Its simulated network is in the process that holds its connection, which is
/// where the number itself lives.
/// </summary>
internal sealed partial class NumberGrain
{
    Task<Outcome<SandboxView>> ISandboxGrain.Get() => OnSandbox(sandbox => sandbox.Get(Number));

    Task<Outcome<SandboxInjected>> ISandboxGrain.Inject(SandboxMessage message) => OnSandbox(sandbox => sandbox.Inject(Number, message));

    Task<Outcome<SandboxView>> ISandboxGrain.Type(SandboxWriter writer) => OnSandbox(sandbox => sandbox.Type(Number, writer));

    Task<Outcome<SandboxView>> ISandboxGrain.Disconnect(int code, DateTimeOffset? until) =>
        OnSandbox(sandbox => sandbox.Disconnect(Number, code, until));

    Task<Outcome<SandboxView>> ISandboxGrain.SetFaults(SandboxFaults faults) => OnSandbox(sandbox => sandbox.SetFaults(Number, faults));

    Task<Outcome<SandboxView>> ISandboxGrain.Scan(SandboxScan scan) => OnSandbox(sandbox => sandbox.Scan(Number, scan));

    Task<Outcome<SandboxView>> ISandboxGrain.SetAutoLink(bool? on) => OnSandbox(sandbox => sandbox.SetAutoLink(Number, on));

    Task<Outcome<SandboxView>> ISandboxGrain.Unlink() => OnSandbox(sandbox => sandbox.Unlink(Number));

    Task<Outcome<SandboxView>> ISandboxGrain.SetTraffic(SandboxTraffic traffic) => OnSandbox(sandbox => sandbox.SetTraffic(Number, traffic));

    Task<Outcome<SandboxView>> ISandboxGrain.BuildHistory(SandboxHistory history) => OnSandbox(sandbox => sandbox.BuildHistory(Number, history));

    Task<Outcome<Page<SandboxSent>>> ISandboxGrain.Sent(string? chat, PageRequest page) => OnSandbox(sandbox => sandbox.Sent(Number, chat, page));

    Task<Outcome<Page<SandboxInbound>>> ISandboxGrain.Inbound(PageRequest page) => OnSandbox(sandbox => sandbox.Inbound(Number, page));

    Task<Outcome<Page<SandboxConnectionView>>> ISandboxGrain.Connections(PageRequest page) =>
        OnSandbox(sandbox => sandbox.Connections(Number, page));

    private async Task<Outcome<T>> OnSandbox<T>(Func<SandboxControl, Task<Outcome<T>>> act)
    {
        if (_state is null)
        {
            return NotHere();
        }

        if (_stale)
        {
            return Moving();
        }

        return State.Document.Engine is EngineKind.Sandbox && context.Sandbox is { } sandbox
            ? await act(sandbox)
            : new Refusal(RefusalCode.UnknownNumber, "There is no sandbox number with this id.");
    }
}
