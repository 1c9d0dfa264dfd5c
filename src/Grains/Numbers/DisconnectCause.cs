using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>What a closed connection leads to.</summary>
internal enum DisconnectAction
{
    /// <summary>Opens again at once, within the connect budget; not a failure.</summary>
    ReconnectNow,

    /// <summary>Opens again after a growing random delay, for ever.</summary>
    BackOff,

    /// <summary>One try every 15 minutes: trying harder would make it worse.</summary>
    TrySlowly,

    /// <summary>The version that all numbers share is refused: one of them tries for all.</summary>
    TryInTurn,

    /// <summary>Somebody else opened the same device: one try, then only on command.</summary>
    TryOnce,

    /// <summary>Stays down until the restriction ends, then connects by itself.</summary>
    RestrictUntil,

    /// <summary>Stays down until a person acts.</summary>
    Restrict,

    /// <summary>The device was unlinked: the credentials are worthless and wiped.</summary>
    LogOutAndWipe,

    /// <summary>Linked devices do not work for this account: the credentials are kept.</summary>
    LogOut,
}

/// <summary>
/// The network's close codes, what they mean, and what follows. The codes are those of reference "engine host" 4 and the
/// table under "Numbers" in the product decisions.
/// </summary>
internal sealed record DisconnectCause(int Code, DisconnectAction Action, Cause Reason)
{
    public const int LoggedOut = 401;
    public const int ClientOutdated = 405;
    public const int TimedOut = 408;
    public const int ConnectionLost = 428;
    public const int RestartRequired = 515;

    public static Cause Deaf { get; } =
        new("deaf", "The connection looked open but nothing came back; it was closed and is opened again.");

    public static Cause Unreachable { get; } =
        new("whatsapp_unreachable", "WhatsApp can't be reached from this machine. It is tried again; look at the machine's way to the internet.");

    public static Cause ProxyUnreachable { get; } =
        new("proxy_unreachable", "The number's proxy can't be reached, or does not answer. It is tried again; look at the proxy, or give the number another one.");

    public static Cause ProxyRefused { get; } =
        new("proxy_refused", "The number's proxy does not let it through. It is tried again; look at its user, password and rules.");

    public static Cause ProxyNotAllowed { get; } =
        new("proxy_not_allowed", "The number's proxy has no public address. An operator can allow its network with OUTBOUND_ALLOW.");

    public static Cause CredentialsTooLarge { get; } =
        new("credentials_too_large", "The number's keys are more than the engine can take. It connects again by itself; if it stays, link the number again.");

    /// <summary>Ends an attempt to link: whoever typed this code would type it in vain.</summary>
    public static Cause CodeRefused { get; } =
        new("code_refused", "WhatsApp refused a code for this phone: its number may be wrong, or too many codes were asked for. Check it, wait a while, or scan a QR code.");

    private static readonly Cause[] NotOfTheNetwork = [Unreachable, ProxyUnreachable, ProxyRefused, CredentialsTooLarge];

    private static readonly Dictionary<int, DisconnectCause> Known = new DisconnectCause[]
    {
        new(400, DisconnectAction.TrySlowly, new("handshake_refused", "WhatsApp refused the handshake.")),
        new(LoggedOut, DisconnectAction.LogOutAndWipe, new("unlinked", "The device was unlinked on the phone. Link it again.")),
        new(402, DisconnectAction.RestrictUntil, new("temporarily_restricted", "WhatsApp restricted the account for a time.")),
        new(403, DisconnectAction.Restrict, new("locked", "WhatsApp locked the account. Look at the phone, then reconnect.")),
        new(ClientOutdated, DisconnectAction.TryInTurn, new("client_outdated", "WhatsApp refuses this client version. The operator must raise it.")),
        new(406, DisconnectAction.Restrict, new("banned", "WhatsApp banned the account. Look at the phone, then reconnect.")),
        new(TimedOut, DisconnectAction.BackOff, new("timed_out", "WhatsApp did not answer in time.")),
        new(411, DisconnectAction.LogOut, new("linked_devices_off", "Linked devices are turned off for this account.")),
        new(ConnectionLost, DisconnectAction.BackOff, new("connection_lost", "The connection was lost.")),
        new(440, DisconnectAction.TryOnce, new("replaced", "Another connection took this device's place.")),
        new(500, DisconnectAction.BackOff, new("server_error", "WhatsApp reported an error.")),
        new(503, DisconnectAction.BackOff, new("server_unavailable", "WhatsApp is not available at the moment.")),
        new(RestartRequired, DisconnectAction.ReconnectNow, new("restart_required", "WhatsApp asked to connect again.")),
    }.ToDictionary(cause => cause.Code);

    /// <summary>What was not the network's doing comes before any code.</summary>
    public static DisconnectCause Of(EngineEvent.Closed closed) =>
        Array.Find(NotOfTheNetwork, cause => cause.Code == closed.Cause) is { } reason
            ? new(closed.Code, DisconnectAction.BackOff, reason)
            : Of(closed.Code);

    public static DisconnectCause Of(int code) =>
        Known.TryGetValue(code, out var cause)
            ? cause
            : new(code, DisconnectAction.TrySlowly, new("unknown_error", $"WhatsApp closed the connection with code {code}."));
}
