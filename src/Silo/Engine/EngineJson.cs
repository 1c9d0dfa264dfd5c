using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.WhatsApp;

/// <summary>
/// The words of the engine protocol (<c>src/Engine/protocol.md</c>). What the port's records need must be there and is not
/// null; what they can do without may be left out.
/// </summary>
internal static class EngineJson
{
    private static readonly Dictionary<string, Type> Events = new()
    {
        ["linkOffered"] = typeof(EngineEvent.LinkOffered),
        ["linkScanned"] = typeof(EngineEvent.LinkScanned),
        ["linked"] = typeof(EngineEvent.Linked),
        ["opened"] = typeof(EngineEvent.Opened),
        ["closed"] = typeof(EngineEvent.Closed),
        ["pingLost"] = typeof(EngineEvent.PingLost),
        ["credentialsChanged"] = typeof(EngineEvent.CredentialsChanged),
        ["messageReceived"] = typeof(EngineEvent.MessageReceived),
        ["historyReceived"] = typeof(EngineEvent.HistoryReceived),
        ["serverAcknowledged"] = typeof(EngineEvent.ServerAcknowledged),
        ["receiptReceived"] = typeof(EngineEvent.ReceiptReceived),
        ["chatRead"] = typeof(EngineEvent.ChatRead),
        ["reactionReceived"] = typeof(EngineEvent.ReactionReceived),
        ["messageEdited"] = typeof(EngineEvent.MessageEdited),
        ["messageRevoked"] = typeof(EngineEvent.MessageRevoked),
        ["aliasLearned"] = typeof(EngineEvent.AliasLearned),
        ["named"] = typeof(EngineEvent.Named),
    };

    private static readonly Dictionary<Type, string> Names = Events.ToDictionary(pair => pair.Value, pair => pair.Key);

    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        Converters =
        {
            new EventConverter(),
            new TimeConverter(),
            new MessageTypeConverter(),
            new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
        },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Require } },
    };

    private static void Require(JsonTypeInfo type)
    {
        if (type.Kind is not JsonTypeInfoKind.Object || type.Type.Namespace?.StartsWith(nameof(Loopwave), StringComparison.Ordinal) is not true)
        {
            return;
        }

        foreach (var property in type.Properties)
        {
            if (property.AssociatedParameter is { } parameter)
            {
                property.IsRequired = parameter is { HasDefaultValue: false, IsNullable: false };
            }
            else if (property is { IsRequired: false, IsSetNullable: false, Set: { } set })
            {
                // Its default stands in for a null as it does for what is left out.
                property.IsSetNullable = true;
                property.Set = (target, value) =>
                {
                    if (value is not null)
                    {
                        set(target, value);
                    }
                };
            }
        }
    }

    /// <summary>
    /// One event that cannot be read must not keep the number's others waiting: each has its place, whatever it says.
    /// </summary>
    private sealed class EventConverter : JsonConverter<EngineEvent>
    {
        public override bool HandleNull => true;

        public override EngineEvent Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var json = JsonDocument.ParseValue(ref reader);
            if (UnreadableEvents.Text(json.RootElement, "type") is not { } type)
            {
                return new EngineEvent.Unknown("", "It does not say what it is.");
            }

            if (!Events.TryGetValue(type, out var known))
            {
                return new EngineEvent.Unknown(type);
            }

            try
            {
                return (EngineEvent)json.RootElement.Deserialize(known, options)!;
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or NotSupportedException)
            {
                return UnreadableEvents.Of(type, known, json.RootElement, exception, options);
            }
        }

        public override void Write(Utf8JsonWriter writer, EngineEvent value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteString("type", value is EngineEvent.Unknown unknown ? unknown.Type : Names[value.GetType()]);
            using var fields = JsonSerializer.SerializeToDocument(value, value.GetType(), options);
            foreach (var field in fields.RootElement.EnumerateObject().Where(field => !field.NameEquals("type")))
            {
                field.WriteTo(writer);
            }

            writer.WriteEndObject();
        }
    }

    private sealed class TimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
    }

    /// <summary>A kind of message that a later host knows and we don't is shown as one that cannot be shown.</summary>
    private sealed class MessageTypeConverter : JsonConverter<MessageType>
    {
        public override MessageType Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Enum.TryParse<MessageType>(reader.GetString(), ignoreCase: true, out var type) && Enum.IsDefined(type) ? type : MessageType.Unsupported;

        public override void Write(Utf8JsonWriter writer, MessageType value, JsonSerializerOptions options) =>
            writer.WriteStringValue(JsonNamingPolicy.CamelCase.ConvertName(value.ToString()));
    }
}
