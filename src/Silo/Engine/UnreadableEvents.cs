using System.Text.Json;
using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.WhatsApp;

/// <summary>
/// What is left of an event that does not say what it must: its place; of a connection, that it began or ended; and of messages, that
/// they came. A message is shown as one that cannot be shown where it is certain which one it is.
/// </summary>
internal static class UnreadableEvents
{
    public static EngineEvent.Unknown Of(string type, Type known, JsonElement json, Exception exception, JsonSerializerOptions options) => new(
        type, exception.Message, Rest(known, json, options), IsSecret: known == typeof(EngineEvent.CredentialsChanged));

    /// <summary>A text; null when it is absent, empty, no text, or half a character.</summary>
    public static string? Text(JsonElement json, string name)
    {
        if (Field(json, name) is not { ValueKind: JsonValueKind.String } text)
        {
            return null;
        }

        try
        {
            return text.GetString() is { Length: > 0 } given ? given : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static EngineEvent? Rest(Type known, JsonElement json, JsonSerializerOptions options) =>
        known == typeof(EngineEvent.Opened) ? new EngineEvent.Opened(null)
        : known == typeof(EngineEvent.Closed) ? new EngineEvent.Closed(Number(json, "code") ?? LostConnections.ConnectionLost)
        : known == typeof(EngineEvent.MessageReceived) && Field(json, "message") is { } message && Message(message) is { } shown
            ? new EngineEvent.MessageReceived(shown)
        : known == typeof(EngineEvent.HistoryReceived)
            ? new EngineEvent.HistoryReceived(
                [.. Items(json, "messages").Select(one => Older(one, options)).OfType<InboundMessage>()],
                Text(json, "request"), Number(json, "percent"), Field(json, "done") is { ValueKind: JsonValueKind.True },
                Enum.TryParse<HistoryFailure>(Text(json, "failed"), ignoreCase: true, out var failed) ? failed : null)
        : null;

    // Without its time it has no place in a chat.
    private static InboundMessage? Older(JsonElement json, JsonSerializerOptions options)
    {
        try
        {
            return json.Deserialize<InboundMessage>(options);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or NotSupportedException)
        {
            return Message(json) is { } shown && shown.Timestamp != default ? shown : null;
        }
    }

    // One without a time has the default; whoever takes it knows when it came.
    private static InboundMessage? Message(JsonElement json) =>
        Text(json, "whatsAppId") is { } id && Text(json, "jid") is { } jid
            && Field(json, "fromMe") is { ValueKind: JsonValueKind.True or JsonValueKind.False } fromMe
            && (Field(json, "participant") is null || Text(json, "participant") is not null)
                ? new InboundMessage
                {
                    WhatsAppId = id, Jid = jid, OtherJid = Text(json, "otherJid"), FromMe = fromMe.GetBoolean(),
                    Participant = Text(json, "participant"), OtherParticipant = Text(json, "otherParticipant"), PushName = Text(json, "pushName"),
                    Timestamp = Text(json, "timestamp") is not null && Field(json, "timestamp")!.Value.TryGetDateTimeOffset(out var at) ? at : default,
                    Type = MessageType.Unsupported,
                }
                : null;

    private static int? Number(JsonElement json, string name) =>
        Field(json, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var given) ? given : null;

    private static IEnumerable<JsonElement> Items(JsonElement json, string name) =>
        Field(json, name) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : [];

    private static JsonElement? Field(JsonElement json, string name) =>
        json.ValueKind is JsonValueKind.Object && json.TryGetProperty(name, out var field) && field.ValueKind is not JsonValueKind.Null ? field : null;
}
