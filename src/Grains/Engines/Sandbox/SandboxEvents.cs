using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Loopwave.Engines;

namespace Loopwave.Sandbox;

/// <summary>How events are written into the record: JSON, each kind under its alias, which never changes.</summary>
internal static class SandboxEvents
{
    private const string AliasPrefix = "loopwave.engine-event.";

    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { NameEvents } },
    };

    public static byte[] Write(EngineEvent evt) => JsonSerializer.SerializeToUtf8Bytes(evt, Json);

    public static EngineEvent Read(byte[] body) =>
        JsonSerializer.Deserialize<EngineEvent>(body, Json) ?? throw new JsonException("An event cannot be null.");

    private static void NameEvents(JsonTypeInfo info)
    {
        if (info.Type != typeof(EngineEvent))
        {
            return;
        }

        info.PolymorphismOptions = new() { TypeDiscriminatorPropertyName = "event" };
        foreach (var type in typeof(EngineEvent).GetNestedTypes())
        {
            var alias = (AliasAttribute)type.GetCustomAttributes(typeof(AliasAttribute), inherit: false).Single();
            info.PolymorphismOptions.DerivedTypes.Add(new(type, alias.Alias[AliasPrefix.Length..]));
        }
    }
}
