using System.Text.Json.Serialization;

namespace Loopwave.Messages;

/// <summary>The public kinds of a message; the list may grow.</summary>
[Alias("loopwave.message-type")]
public enum MessageType
{
    Text,
    Image,
    Video,
    Audio,
    Voice,
    Document,
    Sticker,
    Location,
    Contact,
    Poll,
    Unsupported,
}

/// <summary>How far a message is. Ours move forward only; <see cref="Received"/> is every inbound message.</summary>
[Alias("loopwave.message-status")]
public enum MessageStatus
{
    Received,
    Scheduled,
    Queued,
    Sent,
    Delivered,
    Read,
    Failed,
    Cancelled,
}

/// <summary>Who wrote a message; <see cref="Phone"/>: typed on our own phone.</summary>
[Alias("loopwave.author-type")]
public enum AuthorType
{
    Contact,
    Member,
    Phone,
    Api,
    Automation,
    Broadcast,
}

/// <summary>A message, as the API and events show it.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.message-view")]
public sealed record MessageView
{
    [Id(0)] public required string Id { get; init; }
    [Id(1)] public required string Number { get; init; }
    [Id(2)] public required string Chat { get; init; }
    [Id(3)] public required string ChatId { get; init; }
    [Id(4)] public required bool FromMe { get; init; }
    [Id(5)] public required string From { get; init; }
    [Id(6)] public required string To { get; init; }
    [Id(7)] public required MessageAuthor Author { get; init; }
    [Id(8)] public required MessageType Type { get; init; }
    [Id(9)] public string? Text { get; init; }
    [Id(10)] public MediaView? Media { get; init; }
    [Id(11)] public Location? Location { get; init; }
    [Id(12)] public IReadOnlyList<ContactCard> Contacts { get; init; } = [];
    [Id(13)] public Poll? Poll { get; init; }
    [Id(14)] public string? ReplyTo { get; init; }
    [Id(15)] public IReadOnlyList<string> Mentions { get; init; } = [];
    [Id(16)] public IReadOnlyList<Reaction> Reactions { get; init; } = [];
    [Id(17)] public DateTimeOffset? EditedAt { get; init; }
    [Id(18)] public DateTimeOffset? DeletedAt { get; init; }
    [Id(19)] public required MessageStatus Status { get; init; }
    [Id(20)] public Cause? Error { get; init; }

    /// <summary>WhatsApp's time; until sent, ours.</summary>
    [Id(21)] public required DateTimeOffset Timestamp { get; init; }
    [Id(22)] public DateTimeOffset? SendAt { get; init; }
    [Id(23)] public string? ClientMessageId { get; init; }
    [Id(24)] public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A message with every status it went through, oldest first.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.message-details")]
public sealed record MessageDetails(
    [property: Id(0)] MessageView Message,
    [property: Id(1)] IReadOnlyList<StatusChange> Timeline);

[GenerateSerializer, Immutable, Alias("loopwave.status-change")]
public sealed record StatusChange([property: Id(0)] MessageStatus Status, [property: Id(1)] DateTimeOffset At);

/// <summary>Who wrote a message. In groups <paramref name="Jid"/> is the participant.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.message-author")]
public sealed record MessageAuthor(
    [property: Id(0)] AuthorType Type,
    [property: Id(1)] string? Id = null,
    [property: Id(2)] string? Name = null,
    [property: Id(3)] string? Jid = null);

[GenerateSerializer, Immutable, Alias("loopwave.location")]
public sealed record Location(
    [property: Id(0)] double Latitude,
    [property: Id(1)] double Longitude,
    [property: Id(2)] string? Name);

[GenerateSerializer, Immutable, Alias("loopwave.contact-card")]
public sealed record ContactCard([property: Id(0)] string Name, [property: Id(1)] IReadOnlyList<string> Phones);

[GenerateSerializer, Immutable, Alias("loopwave.poll")]
public sealed record Poll([property: Id(0)] string Question, [property: Id(1)] IReadOnlyList<string> Options);

[GenerateSerializer, Immutable, Alias("loopwave.reaction")]
public sealed record Reaction(
    [property: Id(0)] string Emoji,
    [property: Id(1)] bool FromMe,
    [property: Id(2)] string? Jid,
    [property: Id(3)] DateTimeOffset Timestamp);

/// <summary>The file of a message, as the public shapes show it.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.media-view")]
public sealed record MediaView
{
    [Id(0)] public required string Id { get; init; }
    [Id(1)] public required string MimeType { get; init; }
    [Id(2)] public string? FileName { get; init; }

    /// <summary>Bytes.</summary>
    [Id(3)] public long? Size { get; init; }
    [Id(4)] public int? DurationSeconds { get; init; }
    [Id(5)] public required MediaState State { get; init; }
    [Id(6)] public Cause? Reason { get; init; }

    [JsonInclude]
    public string Url => "/api/v1/media/" + Id;
}

/// <summary>Where the bytes of a file are: not fetched, being fetched, here, or not to be had.</summary>
[Alias("loopwave.media-state")]
public enum MediaState
{
    None,
    Loading,
    Ready,
    Failed,
}
