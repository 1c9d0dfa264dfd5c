using System.ComponentModel.DataAnnotations;
using Loopwave.Messages;

namespace Loopwave.Api.V1.Messages;

/// <summary>A message to send. Needs <c>text</c>, <c>media</c> or <c>location</c>.</summary>
internal sealed record SendBody
{
    /// <summary>Digits with country code, a WhatsApp chat id, or a chat's id (<c>c_…</c>).</summary>
    [StringLength(100, MinimumLength = 1)]
    public required string To { get; init; }

    /// <summary>The text; with media its caption, which may be left out.</summary>
    [MaxLength(4096)]
    public string? Text { get; init; }

    /// <summary>The id of the sending number; without it the oldest number that is ready.</summary>
    [MaxLength(40)]
    public string? From { get; init; }

    /// <summary>A file to send.</summary>
    public MediaBody? Media { get; init; }

    /// <summary>The id of the message that this one answers, of the same chat.</summary>
    [MaxLength(40)]
    public string? ReplyTo { get; init; }

    /// <summary>WhatsApp ids of the people named in the text.</summary>
    [MaxLength(1024)]
    public IReadOnlyList<string>? Mentions { get; init; }

    /// <summary>A place to send.</summary>
    public LocationBody? Location { get; init; }

    /// <summary><c>queue</c>: accept also while the number is not ready, and send when it is. Otherwise that is refused.</summary>
    public WhenOffline? WhenOffline { get; init; }

    /// <summary>Send no earlier than this; at most one year ahead.</summary>
    public DateTimeOffset? SendAt { get; init; }

    /// <summary>Your own id for the message; the same one is accepted once in 24 hours.</summary>
    [StringLength(255, MinimumLength = 1)]
    public string? ClientMessageId { get; init; }
}

/// <summary>A file to send: uploaded before (<c>id</c>), or to be fetched (<c>url</c>). One of the two.</summary>
internal sealed record MediaBody
{
    /// <summary>A public address to fetch the file from.</summary>
    [MaxLength(2048)]
    public string? Url { get; init; }

    /// <summary>The id of an uploaded file.</summary>
    [MaxLength(40)]
    public string? Id { get; init; }

    /// <summary>How the file is shown; without it told from its content type.</summary>
    public SendableMedia? Type { get; init; }

    [MaxLength(255)]
    public string? FileName { get; init; }
}

internal sealed record LocationBody
{
    [Range(-90d, 90d)]
    public required double Latitude { get; init; }

    [Range(-180d, 180d)]
    public required double Longitude { get; init; }

    [MaxLength(255)]
    public string? Name { get; init; }
}

/// <summary>What to do while the number is not ready.</summary>
internal enum WhenOffline
{
    Queue,
}

/// <summary>The kinds of file that can be sent.</summary>
internal enum SendableMedia
{
    Image,
    Video,
    Audio,
    Voice,
    Document,
    Sticker,
}

/// <summary>A reaction; an empty text takes ours back.</summary>
internal sealed record ReactionBody
{
    [MaxLength(32)]
    public required string Emoji { get; init; }
}

/// <summary>The new text of a message.</summary>
internal sealed record MessagePatchBody
{
    [StringLength(4096, MinimumLength = 1)]
    public required string Text { get; init; }
}

internal static class MediaKinds
{
    public static MessageType ToMessageType(this SendableMedia kind) => kind switch
    {
        SendableMedia.Image => MessageType.Image,
        SendableMedia.Video => MessageType.Video,
        SendableMedia.Audio => MessageType.Audio,
        SendableMedia.Voice => MessageType.Voice,
        SendableMedia.Document => MessageType.Document,
        SendableMedia.Sticker => MessageType.Sticker,
    };
}
