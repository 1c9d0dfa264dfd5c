using Loopwave.Chats;

namespace Loopwave.Sandbox;

/// <summary>How the simulated network sees a number.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-view")]
public sealed record SandboxView
{
    /// <summary>A device is linked.</summary>
    [Id(0)] public required bool Linked { get; init; }

    /// <summary>Digits; null until the first time the number was linked.</summary>
    [Id(1)] public string? Phone { get; init; }
    [Id(2)] public string? Lid { get; init; }

    /// <summary>There is a connection now, be it for linking only.</summary>
    [Id(3)] public required bool Connected { get; init; }

    /// <summary>A code is on screen and can be scanned.</summary>
    [Id(4)] public required bool Linking { get; init; }

    /// <summary>How many events wait until they are acknowledged.</summary>
    [Id(5)] public required int Waiting { get; init; }

    /// <summary>Null: as the option says.</summary>
    [Id(6)] public bool? AutoLink { get; init; }
    [Id(7)] public required SandboxFaults Faults { get; init; }
    [Id(8)] public SandboxTraffic? Traffic { get; init; }
    [Id(9)] public required SandboxHistory History { get; init; }

    /// <summary>What the number showed in its chats since the process began, the newest of each, newest first; at most 50.</summary>
    [Id(10)] public IReadOnlyList<SandboxTyping> Typing { get; init; } = [];
}

/// <summary>What a number showed in a chat.</summary>
/// <param name="ChatId">The chat in its phone form.</param>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-typing")]
public sealed record SandboxTyping(
    [property: Id(0)] string ChatId,
    [property: Id(1)] PresenceState State,
    [property: Id(2)] DateTimeOffset At);

/// <summary>A simulated customer who writes.</summary>
/// <param name="From">Digits, or a jid ending in <c>@s.whatsapp.net</c> or <c>@lid</c>. In a group, who writes.</param>
/// <param name="Group">The group it is written in (<c>…@g.us</c>); null for a direct chat.</param>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-writer")]
public sealed record SandboxWriter(
    [property: Id(0)] string From,
    [property: Id(1)] string? Group,
    [property: Id(2)] PresenceState State);

/// <summary>What goes wrong for a number. Kept over restarts, as servers would.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-faults")]
public sealed record SandboxFaults
{
    public static SandboxFaults None { get; } = new();

    /// <summary>Messages arrive at the servers but nothing answers. Their repeats are answered once this is off.</summary>
    [Id(0)] public bool NeverAck { get; init; }

    /// <summary>The servers' answer takes <c>Sandbox:SlowAckDelay</c>.</summary>
    [Id(1)] public bool SlowAck { get; init; }

    /// <summary>Connections look open but nothing passes them; a lost ping tells after 30 seconds.</summary>
    [Id(2)] public bool Deaf { get; init; }

    /// <summary>Every inbound message is delivered twice.</summary>
    [Id(3)] public bool DuplicateDeliveries { get; init; }

    /// <summary>Codes run out when the phone would have scanned them.</summary>
    [Id(4)] public bool LinksExpire { get; init; }

    /// <summary>Files are gone from the servers.</summary>
    [Id(5)] public bool MediaGone { get; init; }

    /// <summary>The phone is off: requests for history stay without an answer.</summary>
    [Id(6)] public bool PhoneOff { get; init; }

    /// <summary>Connections are closed with this code instead of opened; null when they open. 100 to 999.</summary>
    [Id(7)] public int? RefuseOpens { get; init; }

    /// <summary>When refusing ends, and what a restriction (402) says about its end; null: until it is set otherwise.</summary>
    [Id(8)] public DateTimeOffset? RefuseOpensUntil { get; init; }
}

/// <summary>Which phone scans; with neither given, the number's own. At most one may be given.</summary>
/// <param name="Phone">Digits of another phone.</param>
/// <param name="PhoneOf">The id of a sandbox number whose phone scans.</param>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-scan")]
public sealed record SandboxScan([property: Id(0)] string? Phone = null, [property: Id(1)] string? PhoneOf = null);

/// <summary>Customers who write by themselves.</summary>
/// <param name="Chats">1 to 10,000 customers.</param>
/// <param name="PerSecond">Messages per second of all of them together: 0 to 2,000.</param>
/// <param name="Seconds">For how long: 1 to 3,600.</param>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-traffic")]
public sealed record SandboxTraffic(
    [property: Id(0)] int Chats,
    [property: Id(1)] double PerSecond,
    [property: Id(2)] int Seconds);

/// <summary>The older chats on a number's phone.</summary>
/// <param name="Chats">0 to 1,000.</param>
/// <param name="Messages">In each chat: 0 to 1,000.</param>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-history")]
public sealed record SandboxHistory([property: Id(0)] int Chats, [property: Id(1)] int Messages);
