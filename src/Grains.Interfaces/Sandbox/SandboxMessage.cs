using Loopwave.Messages;

namespace Loopwave.Sandbox;

/// <summary>A message that a simulated customer writes, or that is typed on the number's own phone.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-message")]
public sealed record SandboxMessage
{
    /// <summary>The customer: digits, or a jid ending in <c>@s.whatsapp.net</c> or <c>@lid</c>. In a group, who writes.</summary>
    [Id(0)] public required string From { get; init; }

    /// <summary>The group it is written in (<c>…@g.us</c>); null for a direct message.</summary>
    [Id(1)] public string? Group { get; init; }

    /// <summary>What the group is called; told when given.</summary>
    [Id(2)] public string? GroupName { get; init; }
    [Id(3)] public MessageType Type { get; init; }

    /// <summary>The text or caption, up to 65,536 characters; made up when left out where the type needs one.</summary>
    [Id(4)] public string? Text { get; init; }
    [Id(5)] public Location? Location { get; init; }
    [Id(6)] public IReadOnlyList<ContactCard> Contacts { get; init; } = [];
    [Id(7)] public Poll? Poll { get; init; }

    /// <summary>The WhatsApp id of the message it answers.</summary>
    [Id(8)] public string? ReplyTo { get; init; }

    /// <summary>The message answered is one of ours.</summary>
    [Id(9)] public bool ReplyToFromMe { get; init; } = true;
    [Id(10)] public IReadOnlyList<string> Mentions { get; init; } = [];

    /// <summary>The customer's own name for themselves; made up when left out.</summary>
    [Id(11)] public string? PushName { get; init; }

    /// <summary>Typed on the number's own phone: a message to <see cref="From"/> instead.</summary>
    [Id(12)] public bool FromMe { get; init; }

    /// <summary>Its WhatsApp id, 1 to 64 characters; made up when left out. Giving one twice provokes a duplicate.</summary>
    [Id(13)] public string? WhatsAppId { get; init; }

    /// <summary>How the customer's address is worded.</summary>
    [Id(14)] public SandboxAddress Address { get; init; }
}

/// <summary>Which forms of a person's address a message carries.</summary>
[Alias("loopwave.sandbox-address")]
public enum SandboxAddress
{
    /// <summary>The phone form, with the hidden form beside it.</summary>
    Both,

    /// <summary>The phone form alone.</summary>
    Phone,

    /// <summary>The hidden form alone: who it is stays unknown.</summary>
    Hidden,

    /// <summary>The hidden form alone, and after <c>Sandbox:AliasDelay</c> the news which phone it belongs to.</summary>
    HiddenThenKnown,
}

/// <summary>What was injected.</summary>
/// <param name="Jid">The chat as the message names it.</param>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-injected")]
public sealed record SandboxInjected([property: Id(0)] string WhatsAppId, [property: Id(1)] string Jid);
