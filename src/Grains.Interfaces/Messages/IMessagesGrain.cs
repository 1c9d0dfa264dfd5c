using Loopwave.Cluster;
using Orleans.Concurrency;

namespace Loopwave.Messages;

/// <summary>The messages of the deployment, whatever their number. Any number of copies, no state.</summary>
[Alias("loopwave.messages")]
public interface IMessagesGrain : IWay
{
    /// <summary>
    /// Checks the input, finds number and chat, and has the number accept the message. Refused with
    /// <c>InvalidInput</c>, <c>UnknownNumber</c>, <c>NoReadySession</c>, <c>QueueFull</c>, <c>IdempotencyConflict</c>,
    /// <c>IdempotencyMismatch</c> or <c>NumberNotAllowed</c>.
    /// </summary>
    [Alias("send")]
    Task<Outcome<SendAnswer>> Send(SendRequest request);

    /// <summary>
    /// As <see cref="Send"/>, and waits longer: the file is fetched from <see cref="SendRequest.MediaUrl"/> first. A request
    /// that was accepted before, or would be refused as things stand, fetches nothing. Also refused with <c>MediaUnavailable</c>.
    /// </summary>
    [Alias("fetch-and-send")]
    [ResponseTimeout("00:01:30")]
    Task<Outcome<SendAnswer>> FetchAndSend(SendRequest request);

    [Alias("get"), ReadOnly]
    Task<Outcome<MessageDetails>> Get(string id, Access access);

    [Alias("react")]
    Task<Outcome<MessageView>> React(string id, string emoji, MessageAuthor author, Access access);

    [Alias("edit")]
    Task<Outcome<MessageView>> Edit(string id, string text, MessageAuthor author, Access access);

    [Alias("delete")]
    Task<Outcome<MessageView>> Delete(string id, MessageAuthor author, Access access);

    /// <summary>The messages of one chat, newest first; with <c>UpdatedAfter</c> by change, oldest first.</summary>
    /// <param name="chat">A <c>c_…</c> id, a jid or digits.</param>
    [Alias("list"), ReadOnly]
    Task<Outcome<Page<MessageView>>> List(string chat, PageRequest page, Access access);
}

/// <summary>A request to send, as a caller of the API words it.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.send-request")]
public sealed record SendRequest
{
    /// <summary>Digits with country code (an optional +, spaces and dashes are stripped), a jid, or a <c>c_…</c> id.</summary>
    [Id(0)] public required string To { get; init; }

    /// <summary>1 to 4096 characters after trimming; with media the optional caption.</summary>
    [Id(1)] public string? Text { get; init; }

    /// <summary>The sending number's id; null for the oldest number that is ready.</summary>
    [Id(2)] public string? From { get; init; }

    /// <summary>
    /// The id of a file that is here (<c>f_…</c>). One that came from WhatsApp, or goes under another name, gets an id of
    /// its own in the message.
    /// </summary>
    [Id(3)] public string? Media { get; init; }

    /// <summary>How the file is shown; null to tell from its content type.</summary>
    [Id(4)] public MessageType? MediaType { get; init; }
    /// <summary>What the file is called in the message; null for its own name.</summary>
    [Id(5)] public string? FileName { get; init; }

    /// <summary>The id of the message that this one answers (<c>m_…</c>, same chat).</summary>
    [Id(6)] public string? ReplyTo { get; init; }

    /// <summary>Jids of the people named in the text; at most 1,024.</summary>
    [Id(7)] public IReadOnlyList<string> Mentions { get; init; } = [];
    [Id(8)] public Location? Location { get; init; }

    /// <summary>Accept even while the number is not ready, and send when it is.</summary>
    [Id(9)] public bool QueueWhenOffline { get; init; }

    /// <summary>Send no earlier than this; at most one year ahead.</summary>
    [Id(10)] public DateTimeOffset? SendAt { get; init; }

    /// <summary>The caller's own id, 1 to 255 characters; the same one is accepted once in 24 hours.</summary>
    [Id(11)] public string? ClientMessageId { get; init; }
    [Id(12)] public required MessageAuthor Author { get; init; }
    [Id(13)] public required Access Access { get; init; }
    [Id(14)] public IdempotencyKey? Idempotency { get; init; }

    /// <summary>SHA-256 of the body, in hex; tells a repeat from another request under the same key.</summary>
    [Id(15)] public string BodyHash { get; init; } = "";

    /// <summary>A public address to fetch the file from, instead of <see cref="Media"/>.</summary>
    [Id(16)] public string? MediaUrl { get; init; }
}

/// <summary>Names one request of one caller, so that repeating it does nothing twice. Kept for 24 hours.</summary>
/// <param name="Scope">Who asks for what: API key id, method and path.</param>
/// <param name="Key">The caller's <c>Idempotency-Key</c>, 1 to 255 visible ASCII characters.</param>
/// <param name="BodyHash">SHA-256 of the body, in hex.</param>
[GenerateSerializer, Immutable, Alias("loopwave.idempotency-key")]
public sealed record IdempotencyKey(
    [property: Id(0)] string Scope,
    [property: Id(1)] string Key,
    [property: Id(2)] string BodyHash);

/// <summary>The documented answer to a send.</summary>
/// <param name="Status"><c>sent</c>; <c>queued</c> and <c>scheduled</c> only for callers who sent whenOffline or sendAt.</param>
/// <param name="To">The WhatsApp chat id.</param>
/// <param name="From">The sending number's id.</param>
[GenerateSerializer, Immutable, Alias("loopwave.sent-message")]
public sealed record SentMessage(
    [property: Id(0)] MessageStatus Status,
    [property: Id(1)] string To,
    [property: Id(2)] string From,
    [property: Id(3)] string Id);

/// <summary>An accepted message; <paramref name="Replayed"/> when the same request was accepted before.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.send-answer")]
public sealed record SendAnswer([property: Id(0)] SentMessage Message, [property: Id(1)] bool Replayed);

/// <summary>A checked message for one number, resolved by <see cref="IMessagesGrain"/>.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.number-send")]
public sealed record NumberSend
{
    /// <summary>The WhatsApp chat id.</summary>
    [Id(0)] public required string Jid { get; init; }
    [Id(1)] public required MessageType Type { get; init; }
    [Id(2)] public string? Text { get; init; }
    [Id(3)] public string? Media { get; init; }
    [Id(5)] public string? ReplyTo { get; init; }
    [Id(6)] public IReadOnlyList<string> Mentions { get; init; } = [];
    [Id(7)] public Location? Location { get; init; }
    [Id(8)] public bool QueueWhenOffline { get; init; }
    [Id(9)] public DateTimeOffset? SendAt { get; init; }
    [Id(10)] public string? ClientMessageId { get; init; }
    [Id(11)] public required MessageAuthor Author { get; init; }

    /// <summary>Rows that make a repeat of this request find this message; written with it.</summary>
    [Id(12)] public IReadOnlyList<IdempotencyKey> Idempotency { get; init; } = [];
}
