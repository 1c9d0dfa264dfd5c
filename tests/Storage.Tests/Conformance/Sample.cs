using System.Text;
using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>Things to store, each with only what the test at hand does not care about.</summary>
internal static class Sample
{
    private static readonly DateTimeOffset Now = Backend.Start;
    private static long s_next;

    public static NumberDocument Number(
        NumberStatus status = NumberStatus.LoggedOut, EngineKind engine = EngineKind.WhatsApp, DateTimeOffset? createdAt = null, DesiredState desired = DesiredState.Started) => new()
        {
            Id = NewId.Number(), Label = "Support", Engine = engine, Desired = desired, Session = Session(status),
            CreatedAt = createdAt ?? Now, UpdatedAt = createdAt ?? Now,
        };

    public static NumberSession Session(NumberStatus status) => new()
    {
        Since = Now,
        Paired = true,
        State = status switch
        {
            NumberStatus.Ready => SessionState.Ready,
            NumberStatus.Connecting => SessionState.Connecting,
            NumberStatus.Disconnected => SessionState.Held,
            NumberStatus.LoggedOut => SessionState.LoggedOut,
        },
    };

    public static TimelineEntry Transition(string number, long sequence, NumberStatus status = NumberStatus.LoggedOut) =>
        new(number, sequence, new NumberTransition(status, null, null, Now));

    /// <summary>A number that was created and is owned by a live incarnation.</summary>
    public static async Task<Owned> OwnedNumber(Backend backend, NumberDocument? number = null)
    {
        var document = number ?? Number();
        Assert.Equal(CommitResult.Committed, await backend.Numbers.Create(document, Transition(document.Id, 1), null));
        var incarnation = await backend.Incarnation();
        var epoch = await backend.Ownership.Claim(document.Id, incarnation);
        Assert.NotNull(epoch);
        return new Owned(document, incarnation, epoch.Value);
    }

    public static ChatDocument Chat(string number, string? party = null, DateTimeOffset? lastMessageAt = null) => new()
    {
        Id = NewId.Chat(), Number = number, Party = party ?? NewId.Party(), Jid = Jid(), Type = ChatType.Direct, Name = "Amina Okafor",
        LastMessageAt = lastMessageAt, CreatedAt = Now, UpdatedAt = lastMessageAt ?? Now,
    };

    public static ContactDocument Contact(string party, DateTimeOffset? createdAt = null) => new()
    {
        Id = NewId.Contact(), Version = 1, Party = party, Name = "Amina", Phone = "919812345678", CreatedAt = createdAt ?? Now, UpdatedAt = Now,
    };

    public static MessageDocument Message(ChatDocument chat, string? whatsAppId = null, bool fromMe = false, DateTimeOffset? timestamp = null) => new()
    {
        Id = NewId.Message(Now), Number = chat.Number, Chat = chat.Id, Sender = fromMe ? null : chat.Party,
        WhatsAppId = whatsAppId ?? "3EB0" + NewId.Key(), FromMe = fromMe,
        Author = new MessageAuthor(fromMe ? AuthorType.Api : AuthorType.Contact), Type = MessageType.Text, Text = "Hi",
        Status = fromMe ? MessageStatus.Queued : MessageStatus.Received, Timestamp = timestamp ?? Now, UpdatedAt = timestamp ?? Now,
    };

    public static QueueItem Queue(MessageDocument message, long sequence) => new()
    {
        Number = message.Number, Sequence = sequence, Chat = message.Chat, Message = message.Id, Kind = OutboundKind.Message,
        WhatsAppId = message.WhatsAppId, Jid = Jid(), DueAt = Now, ExpiresAt = Now.AddHours(24),
    };

    public static OutboxEvent Event(MessageDocument message, long sequence) => new(
        NewId.Event(Now), message.Number, message.Chat, sequence, "message.created", Encoding.UTF8.GetBytes("{\"event\":\"message.created\"}"), Now);

    public static IdempotencyRecord Idempotency(string result, string? key = null, DateTimeOffset? at = null) =>
        new(new IdempotencyKey("k1 POST /api/v1/messages", key ?? NewId.Key(), "abc"), result, at ?? Now);

    public static string Jid() => $"9198{Interlocked.Increment(ref s_next):00000000}@s.whatsapp.net";
}

/// <summary>A number and the epoch under which it is owned.</summary>
internal sealed record Owned(NumberDocument Document, string Incarnation, long Epoch)
{
    private long _sequence = 1;

    public string Id => Document.Id;

    public CommitLane Lane { get; } = new();

    /// <summary>A change under this epoch with the next sequence number.</summary>
    public NumberChanges Change() => new() { Number = Id, Epoch = Epoch, Sequence = Interlocked.Increment(ref _sequence) };
}
