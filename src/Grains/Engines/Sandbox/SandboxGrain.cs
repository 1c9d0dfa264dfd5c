using Loopwave.Numbers;

namespace Loopwave.Sandbox;

/// <summary>
/// The door to the control of one sandbox number. Keeps nothing, so its calls may interleave; it acts on the simulated
/// network of the process it is activated in.
/// </summary>
[Orleans.Concurrency.Reentrant]
internal sealed class SandboxGrain(SandboxControl control, INumberStore numbers) : Grain, ISandboxGrain
{
    private bool _isSandbox;

    private string Number => this.GetPrimaryKeyString();

    public Task<Outcome<SandboxView>> Get() => Checked(() => control.Get(Number));

    public Task<Outcome<SandboxInjected>> Inject(SandboxMessage message) => Checked(() => control.Inject(Number, message));

    public Task<Outcome<SandboxView>> Disconnect(int code, DateTimeOffset? until) =>
        Checked(() => control.Disconnect(Number, code, until));

    public Task<Outcome<SandboxView>> SetFaults(SandboxFaults faults) => Checked(() => control.SetFaults(Number, faults));

    public Task<Outcome<SandboxView>> Scan(SandboxScan scan) => Checked(() => control.Scan(Number, scan));

    public Task<Outcome<SandboxView>> SetAutoLink(bool? on) => Checked(() => control.SetAutoLink(Number, on));

    public Task<Outcome<SandboxView>> Unlink() => Checked(() => control.Unlink(Number));

    public Task<Outcome<SandboxView>> SetTraffic(SandboxTraffic traffic) => Checked(() => control.SetTraffic(Number, traffic));

    public Task<Outcome<SandboxView>> BuildHistory(SandboxHistory history) => Checked(() => control.BuildHistory(Number, history));

    public Task<Outcome<Page<SandboxSent>>> Sent(string? chat, PageRequest page) => Checked(() => control.Sent(Number, chat, page));

    public Task<Outcome<Page<SandboxInbound>>> Inbound(PageRequest page) => Checked(() => control.Inbound(Number, page));

    public Task<Outcome<Page<SandboxConnectionView>>> Connections(PageRequest page) =>
        Checked(() => control.Connections(Number, page));

    private Task<Outcome<T>> Checked<T>(Func<Task<Outcome<T>>> act) => SandboxControl.Guarded(async () =>
    {
        // A number's network never changes, so it is asked for once.
        _isSandbox = _isSandbox || await numbers.Engine(Number) is EngineKind.Sandbox;
        return _isSandbox ? await act() : new Refusal(RefusalCode.UnknownNumber, "There is no sandbox number with this id.");
    });
}
