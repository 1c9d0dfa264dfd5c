using System.ComponentModel.DataAnnotations;
using Loopwave.Numbers;

namespace Loopwave.Api.V1.Numbers;

/// <summary>A number to create.</summary>
internal sealed record NewNumberBody
{
    /// <summary>What the team calls the number.</summary>
    [StringLength(80, MinimumLength = 1)]
    public required string Label { get; init; }

    /// <summary>The network: <c>sandbox</c> is a simulated one that needs no phone.</summary>
    public required EngineKind Engine { get; init; }

    /// <summary>
    /// What the number goes through to WhatsApp: an <c>http</c>, <c>https</c> or <c>socks5</c> address such as
    /// <c>http://user:password@proxy.example.com:8080</c>; without it the number goes directly. For WhatsApp numbers only.
    /// The password is never shown again.
    /// </summary>
    [StringLength(500, MinimumLength = 1)]
    public string? Proxy { get; init; }
}

/// <summary>What to change on a number; what is left out stays as it is.</summary>
internal sealed record NumberPatchBody
{
    [StringLength(80, MinimumLength = 1)]
    public string? Label { get; init; }

    [MaxLength(50)]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>
    /// What the number goes through to WhatsApp from now on, its password included; <c>null</c> has it go directly. A number
    /// that is connected connects again, the new way.
    /// </summary>
    [StringLength(500, MinimumLength = 1)]
    public string? Proxy
    {
        get;
        init
        {
            field = value;
            ProxyUpdate = new ProxyUpdate(value);
        }
    }

    /// <summary>Set when the body names a proxy, be it null.</summary>
    internal ProxyUpdate? ProxyUpdate { get; private init; }
}

/// <summary>How to link a number to a phone.</summary>
internal sealed record LinkBody
{
    /// <summary>A QR code to scan, or an eight-character code to type on the phone.</summary>
    public required LinkMethod Method { get; init; }

    /// <summary>The phone that will type the code: digits with country code. Needed for <c>code</c> only.</summary>
    [MaxLength(32)]
    public string? Phone { get; init; }

    /// <summary>Another phone than before may take this number's place.</summary>
    public bool Replace { get; init; }
}

/// <summary>What is wanted of a number; restored after every restart.</summary>
internal sealed record DesiredBody
{
    public required DesiredState State { get; init; }
}

/// <summary>Which older messages to ask the phone for.</summary>
internal sealed record HistoryBody
{
    /// <summary>One chat (its id, jid or digits); without it the 50 latest chats.</summary>
    [MaxLength(100)]
    public string? ChatId { get; init; }
}

/// <summary>A linking attempt: what to show on screen, and until when.</summary>
internal sealed record LinkAnswer
{
    public required NumberStatus Status { get; init; }
    public required NumberDetail? Detail { get; init; }
    public required Cause? Reason { get; init; }

    /// <summary>The text of the QR code to scan.</summary>
    public required string? Qr { get; init; }

    /// <summary>The same as a picture: an SVG as a data URL.</summary>
    public required string? QrImage { get; init; }

    /// <summary>The eight characters to type on the phone.</summary>
    public required string? Code { get; init; }

    /// <summary>When the code on screen runs out; a new one follows by itself until the attempt ends.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    public static LinkAnswer From(LinkView link) => new()
    {
        Status = link.Status,
        Detail = link.Detail,
        Reason = link.Reason,
        Qr = link.Qr,
        QrImage = link.Qr is { } text ? QrImages.Svg(text) : null,
        Code = link.Code,
        ExpiresAt = link.ExpiresAt,
    };
}
