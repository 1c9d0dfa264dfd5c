using Loopwave.Cluster;
using Orleans.Concurrency;

namespace Loopwave.Sandbox;

/// <summary>
/// Passes on what API nodes ask of the simulated network of one sandbox number (its id comes first), so that they reach it by any silo.
/// Any number of copies, no state.
/// </summary>
[Alias("loopwave.sandbox-numbers")]
public interface ISandboxNumbersGrain : IWay
{
    /// <inheritdoc cref="ISandboxGrain.Get"/>
    [Alias("get")]
    Task<Outcome<SandboxView>> Get(string id);

    /// <inheritdoc cref="ISandboxGrain.Inject"/>
    [Alias("inject")]
    Task<Outcome<SandboxInjected>> Inject(string id, SandboxMessage message);

    /// <inheritdoc cref="ISandboxGrain.Type"/>
    [Alias("type")]
    Task<Outcome<SandboxView>> Type(string id, SandboxWriter writer);

    /// <inheritdoc cref="ISandboxGrain.Disconnect"/>
    [Alias("disconnect")]
    Task<Outcome<SandboxView>> Disconnect(string id, int code, DateTimeOffset? until);

    /// <inheritdoc cref="ISandboxGrain.SetFaults"/>
    [Alias("set-faults")]
    Task<Outcome<SandboxView>> SetFaults(string id, SandboxFaults faults);

    /// <inheritdoc cref="ISandboxGrain.Scan"/>
    [Alias("scan")]
    Task<Outcome<SandboxView>> Scan(string id, SandboxScan scan);

    /// <inheritdoc cref="ISandboxGrain.SetAutoLink"/>
    [Alias("set-auto-link")]
    Task<Outcome<SandboxView>> SetAutoLink(string id, bool? on);

    /// <inheritdoc cref="ISandboxGrain.Unlink"/>
    [Alias("unlink")]
    Task<Outcome<SandboxView>> Unlink(string id);

    /// <inheritdoc cref="ISandboxGrain.SetTraffic"/>
    [Alias("set-traffic")]
    Task<Outcome<SandboxView>> SetTraffic(string id, SandboxTraffic traffic);

    /// <inheritdoc cref="ISandboxGrain.BuildHistory"/>
    [Alias("build-history")]
    Task<Outcome<SandboxView>> BuildHistory(string id, SandboxHistory history);

    /// <inheritdoc cref="ISandboxGrain.Sent"/>
    [Alias("sent"), ReadOnly]
    Task<Outcome<Page<SandboxSent>>> Sent(string id, string? chat, PageRequest page);

    /// <inheritdoc cref="ISandboxGrain.Inbound"/>
    [Alias("inbound"), ReadOnly]
    Task<Outcome<Page<SandboxInbound>>> Inbound(string id, PageRequest page);

    /// <inheritdoc cref="ISandboxGrain.Connections"/>
    [Alias("connections"), ReadOnly]
    Task<Outcome<Page<SandboxConnectionView>>> Connections(string id, PageRequest page);
}
