using Orleans.Concurrency;
using Orleans.Metadata;

namespace Loopwave.Sandbox;

/// <summary>
/// The hand on the simulated network of one sandbox number, keyed by the number's id: plays the customers, the phone and
/// the servers. Any other number is refused with <see cref="RefusalCode.UnknownNumber"/>. What a caller may touch is
/// checked before by whoever calls. The number's own grain answers.
/// </summary>
[Alias("loopwave.sandbox"), DefaultGrainType("number")]
public interface ISandboxGrain : IGrainWithStringKey
{
    [Alias("get")]
    Task<Outcome<SandboxView>> Get();

    /// <summary>
    /// A customer writes, or somebody types on the number's own phone. Durable when this returns, delivered when the
    /// number is connected. Refused with <c>InvalidInput</c>, with <c>NoReadySession</c> while the number is not linked,
    /// and with <c>QueueFull</c> when too much waits for delivery already.
    /// </summary>
    [Alias("inject")]
    Task<Outcome<SandboxInjected>> Inject(SandboxMessage message);

    /// <summary>
    /// A customer writes, or stops; what comes of it is up to the caller. Heard at this moment or never: refused with
    /// <c>NoReadySession</c> when there is no connection.
    /// </summary>
    [Alias("type")]
    Task<Outcome<SandboxView>> Type(SandboxWriter writer);

    /// <summary>
    /// The servers close the number's connection with this code; 440 is what a second login does. Refused with
    /// <c>NoReadySession</c> when there is no connection.
    /// </summary>
    /// <param name="code">100 to 999.</param>
    /// <param name="until">When a restriction (402) ends.</param>
    [Alias("disconnect")]
    Task<Outcome<SandboxView>> Disconnect(int code, DateTimeOffset? until);

    /// <summary>Sets what goes wrong from now on, all at once; what is left at its default goes right again.</summary>
    [Alias("set-faults")]
    Task<Outcome<SandboxView>> SetFaults(SandboxFaults faults);

    /// <summary>The phone scans the code on screen now. Refused with <c>NotLinking</c> when there is none.</summary>
    [Alias("scan")]
    Task<Outcome<SandboxView>> Scan(SandboxScan scan);

    /// <summary>Whether the phone scans codes by itself; null for what <c>Sandbox:AutoLink</c> says.</summary>
    [Alias("set-auto-link")]
    Task<Outcome<SandboxView>> SetAutoLink(bool? on);

    /// <summary>The owner removes the linked device on the phone: the connection closes with 401, as does every later one.</summary>
    [Alias("unlink")]
    Task<Outcome<SandboxView>> Unlink();

    /// <summary>
    /// Customers write for a while, each chat in turn; a new call takes the place of the one before, a rate of 0 ends
    /// it. Lives in the process only.
    /// </summary>
    [Alias("set-traffic")]
    Task<Outcome<SandboxView>> SetTraffic(SandboxTraffic traffic);

    /// <summary>
    /// Puts older chats on the phone. The newest 20 messages of each chat come by themselves, at once or after linking;
    /// the rest when history is asked for.
    /// </summary>
    [Alias("build-history")]
    Task<Outcome<SandboxView>> BuildHistory(SandboxHistory history);

    /// <summary>What the servers were given to send, in the order of first arrival.</summary>
    /// <param name="chat">Only this chat (a jid), or all when null.</param>
    [Alias("sent"), ReadOnly]
    Task<Outcome<Page<SandboxSent>>> Sent(string? chat, PageRequest page);

    /// <summary>What was written to the number, in order.</summary>
    [Alias("inbound"), ReadOnly]
    Task<Outcome<Page<SandboxInbound>>> Inbound(PageRequest page);

    /// <summary>Every connection the number had, in order.</summary>
    [Alias("connections"), ReadOnly]
    Task<Outcome<Page<SandboxConnectionView>>> Connections(PageRequest page);
}
