using System.Buffers;
using System.Text;
using System.Text.Json;
using Loopwave.Chats;
using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Webhooks;

/// <summary>
/// Makes the events that integrators receive. A body is written once, with the fact it reports, and is the same on every
/// attempt; its shape is that of the public objects.
/// </summary>
internal static class PublicEvents
{
    public static OutboxEvent MessageCreated(MessageView message, long sequence, DateTimeOffset at) =>
        Event("message.created", message.Number, message.Chat, sequence, at, message, [("sequence", sequence)]);

    public static OutboxEvent MessageUpdated(MessageView message, string changed, long sequence, DateTimeOffset at) =>
        Event("message.updated", message.Number, message.Chat, sequence, at, message, [("changed", new[] { changed }), ("sequence", sequence)]);

    /// <param name="since">When the message came to this status, by whoever brought it there.</param>
    public static OutboxEvent MessageStatus(MessageView message, DateTimeOffset since, long sequence, DateTimeOffset at) =>
        Event("message.status", message.Number, message.Chat, sequence, at, new
        {
            message.Id, message.Number, message.Chat, message.ChatId, message.Status, message.Error, At = since,
            message.ClientMessageId, Sequence = sequence,
        });

    public static OutboxEvent ChatsUpdated(ChatView chat, string changed, long sequence, DateTimeOffset at) =>
        Event("chats.updated", chat.Number, chat.Id, sequence, at, chat, [("changed", new[] { changed })]);

    /// <param name="merged">The contact that is found under the other one from now on.</param>
    public static OutboxEvent ContactMerged(string number, string contact, string merged, long sequence, DateTimeOffset at) =>
        Event("contact.merged", number, null, sequence, at, new { Id = contact, MergedId = merged, At = at });

    public static OutboxEvent SessionStatus(NumberDocument number, NumberStatus previous, long sequence, DateTimeOffset at) =>
        Event("session.status", number.Id, null, sequence, at, new
        {
            number.Id, number.Label, number.Phone, number.Session.Status, number.Session.Detail, Previous = previous,
            number.Session.Reason, At = at,
        });

    public static OutboxEvent SessionRemoved(NumberDocument number, long sequence, DateTimeOffset at) =>
        Event("session.removed", number.Id, null, sequence, at, new
        {
            number.Id, number.Label, number.Phone, number.Session.Reason, At = at,
        });

    private static OutboxEvent Event(
        string name, string number, string? chat, long sequence, DateTimeOffset at, object data, (string Name, object Value)[]? more = null)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = PublicJson.Options.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteString("event", name);
            writer.WritePropertyName("data");
            WriteData(writer, data, more);
            writer.WritePropertyName("timestamp");
            JsonSerializer.Serialize(writer, at, PublicJson.Options);
            writer.WriteEndObject();
        }

        return new OutboxEvent(NewId.Event(at), number, chat, sequence, name, buffer.WrittenSpan.ToArray(), at);
    }

    // The public shapes add a few fields to an object for its events; the object's own fields come first.
    private static void WriteData(Utf8JsonWriter writer, object data, (string Name, object Value)[]? more)
    {
        if (more is null)
        {
            JsonSerializer.Serialize(writer, data, data.GetType(), PublicJson.Options);
            return;
        }

        var bytes = JsonSerializer.SerializeToUtf8Bytes(data, data.GetType(), PublicJson.Options);
        var end = bytes.AsSpan().LastIndexOf((byte)'}');
        var buffer = new ArrayBufferWriter<byte>(bytes.Length + 64);
        buffer.Write(bytes.AsSpan(0, end));
        foreach (var (name, value) in more)
        {
            buffer.Write(Encoding.UTF8.GetBytes($",\"{name}\":"));
            buffer.Write(JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), PublicJson.Options));
        }

        buffer.Write("}"u8);
        writer.WriteRawValue(buffer.WrittenSpan, skipInputValidation: true);
    }
}
