using System.ComponentModel.DataAnnotations;
using Loopwave.Api.V1.Messages;
using Loopwave.Chats;
using Loopwave.Messages;
using Loopwave.Sandbox;

namespace Loopwave.Api.V1.Sandbox;

/// <summary>A simulated customer who begins or stops to write.</summary>
internal sealed record SandboxTypingBody
{
    /// <summary>The customer: digits, or a jid ending in <c>@s.whatsapp.net</c> or <c>@lid</c>. In a group, who writes.</summary>
    [StringLength(100, MinimumLength = 1)]
    public required string From { get; init; }

    /// <summary>The group it is written in (<c>…@g.us</c>).</summary>
    [MaxLength(100)]
    public string? Group { get; init; }

    /// <summary>What the customer does; <c>paused</c> stops.</summary>
    public required PresenceState State { get; init; }
}

/// <summary>A message that a simulated customer writes, or that is typed on the number's own phone.</summary>
internal sealed record SandboxMessageBody
{
    /// <summary>The customer: digits, or a jid ending in <c>@s.whatsapp.net</c> or <c>@lid</c>. In a group, who writes.</summary>
    [StringLength(100, MinimumLength = 1)]
    public required string From { get; init; }

    /// <summary>The group it is written in (<c>…@g.us</c>).</summary>
    [MaxLength(100)]
    public string? Group { get; init; }

    [MaxLength(100)]
    public string? GroupName { get; init; }
    public MessageType? Type { get; init; }

    /// <summary>The text or caption; made up when left out where the type needs one.</summary>
    [MaxLength(65_536)]
    public string? Text { get; init; }
    public LocationBody? Location { get; init; }
    public IReadOnlyList<ContactCardBody>? Contacts { get; init; }
    public PollBody? Poll { get; init; }

    /// <summary>The WhatsApp id of the message it answers.</summary>
    [MaxLength(64)]
    public string? ReplyTo { get; init; }

    /// <summary>The message answered is one of ours.</summary>
    public bool ReplyToFromMe { get; init; } = true;

    [MaxLength(1024)]
    public IReadOnlyList<string>? Mentions { get; init; }

    /// <summary>The customer's own name for themselves; made up when left out.</summary>
    [MaxLength(100)]
    public string? PushName { get; init; }

    /// <summary>Typed on the number's own phone: a message to <c>from</c> instead.</summary>
    public bool FromMe { get; init; }

    /// <summary>Its WhatsApp id; made up when left out. Giving one twice provokes a duplicate.</summary>
    [StringLength(64, MinimumLength = 1)]
    public string? WhatsAppId { get; init; }

    /// <summary>How the customer's address is worded.</summary>
    public SandboxAddress Address { get; init; }

    public SandboxMessage ToMessage() => new()
    {
        From = From,
        Group = Group,
        GroupName = GroupName,
        Type = Type ?? MessageType.Text,
        Text = Text,
        Location = Location is { } place ? new Location(place.Latitude, place.Longitude, place.Name) : null,
        Contacts = [.. (Contacts ?? []).Select(card => new ContactCard(card.Name, card.Phones))],
        Poll = Poll is { } poll ? new Poll(poll.Question, poll.Options) : null,
        ReplyTo = ReplyTo,
        ReplyToFromMe = ReplyToFromMe,
        Mentions = Mentions ?? [],
        PushName = PushName,
        FromMe = FromMe,
        WhatsAppId = WhatsAppId,
        Address = Address,
    };
}

internal sealed record ContactCardBody
{
    public required string Name { get; init; }
    public required IReadOnlyList<string> Phones { get; init; }
}

internal sealed record PollBody
{
    public required string Question { get; init; }
    public required IReadOnlyList<string> Options { get; init; }
}

/// <summary>How the servers close the connection.</summary>
internal sealed record DisconnectBody
{
    /// <summary>The code they give; 440 is what a second login does, 402 a restriction.</summary>
    [Range(100, 999)]
    public required int Code { get; init; }

    /// <summary>When a restriction ends.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>What goes wrong from now on; what is left out goes right again.</summary>
internal sealed record FaultsBody
{
    /// <summary>Messages arrive at the servers but nothing answers.</summary>
    public bool NeverAck { get; init; }

    /// <summary>The servers answer late.</summary>
    public bool SlowAck { get; init; }

    /// <summary>Connections look open but nothing passes them.</summary>
    public bool Deaf { get; init; }

    /// <summary>Every inbound message is delivered twice.</summary>
    public bool DuplicateDeliveries { get; init; }

    /// <summary>Codes run out when the phone would have scanned them.</summary>
    public bool LinksExpire { get; init; }

    /// <summary>Files are gone from the servers.</summary>
    public bool MediaGone { get; init; }

    /// <summary>The phone is off: requests for history stay without an answer.</summary>
    public bool PhoneOff { get; init; }

    /// <summary>Connections are closed with this code instead of opened.</summary>
    [Range(100, 999)]
    public int? RefuseOpens { get; init; }

    /// <summary>When refusing ends, and what a restriction (402) says about its end.</summary>
    public DateTimeOffset? RefuseOpensUntil { get; init; }

    public SandboxFaults ToFaults() => new()
    {
        NeverAck = NeverAck,
        SlowAck = SlowAck,
        Deaf = Deaf,
        DuplicateDeliveries = DuplicateDeliveries,
        LinksExpire = LinksExpire,
        MediaGone = MediaGone,
        PhoneOff = PhoneOff,
        RefuseOpens = RefuseOpens,
        RefuseOpensUntil = RefuseOpensUntil,
    };
}

/// <summary>Which phone scans; with neither given, the number's own. At most one may be given.</summary>
internal sealed record ScanBody
{
    /// <summary>Digits of another phone.</summary>
    [MaxLength(32)]
    public string? Phone { get; init; }

    /// <summary>The id of a sandbox number whose phone scans.</summary>
    [MaxLength(40)]
    public string? PhoneOf { get; init; }
}

/// <summary>Whether the phone scans codes by itself; <c>null</c> for what the deployment's setting says.</summary>
internal sealed record AutoLinkBody
{
    public required bool? On { get; init; }
}

/// <summary>Customers who write by themselves; a rate of 0 ends it.</summary>
internal sealed record TrafficBody
{
    /// <summary>How many customers.</summary>
    [Range(1, 10_000)]
    public required int Chats { get; init; }

    /// <summary>Messages per second of all of them together.</summary>
    [Range(0d, 2_000d)]
    public required double PerSecond { get; init; }

    /// <summary>For how long.</summary>
    [Range(1, 3_600)]
    public required int Seconds { get; init; }
}

/// <summary>The older chats on the number's phone.</summary>
internal sealed record OldChatsBody
{
    [Range(0, 1_000)]
    public required int Chats { get; init; }

    /// <summary>In each chat.</summary>
    [Range(0, 1_000)]
    public required int Messages { get; init; }
}
