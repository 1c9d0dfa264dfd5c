using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Loopwave.ApiKeys;
using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Contacts;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Loopwave.Team;

namespace Loopwave.Storage;

/// <summary>
/// How documents are written into and read from storage. Every document begins with its <c>schemaVersion</c>: a later
/// version than ours is refused, an earlier one is read and becomes ours with its next write.
/// </summary>
internal static class StorageJson
{
    private const string SchemaVersion = "schemaVersion";

    // Raise a version when an older release would misread, or silently drop, what the newer one writes.
    private static readonly Dictionary<Type, int> Versions = new()
    {
        [typeof(NumberDocument)] = 1,
        [typeof(TimelineEntry)] = 1,
        [typeof(ChatDocument)] = 1,
        [typeof(ContactDocument)] = 1,
        [typeof(MessageDocument)] = 1,
        [typeof(QueueItem)] = 1,
        [typeof(MediaDocument)] = 1,
        [typeof(ApiKeyDocument)] = 1,
        [typeof(MemberDocument)] = 1,
        [typeof(SessionDocument)] = 1,
        [typeof(SandboxAccount)] = 1,
        [typeof(SiloReport)] = 1,
    };

    /// <summary>Everything that is stored as a document.</summary>
    public static IEnumerable<Type> Documents => Versions.Keys;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
        AllowDuplicateProperties = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false),
            new HistoryConverter(),
        },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AddSchemaVersion } },
    };

    public static string Write<T>(T document) => JsonSerializer.Serialize(document, Options);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException($"A stored {typeof(T).Name} is null.");

    private static void AddSchemaVersion(JsonTypeInfo type)
    {
        if (!Versions.TryGetValue(type.Type, out var ours)
            && !(type.Type.IsGenericType && type.Type.GetGenericTypeDefinition() == typeof(StoredState<>)))
        {
            return;
        }

        ours = Math.Max(ours, 1);
        var property = type.CreateJsonPropertyInfo(typeof(int), SchemaVersion);
        property.Order = -1;
        property.Get = _ => ours;
        property.Set = (_, stored) =>
        {
            if ((int)stored! > ours)
            {
                throw new NewerSchemaException($"A stored {type.Type.Name}");
            }
        };
        type.Properties.Add(property);
    }

    /// <summary>The public JSON hides the reason; what is stored must not.</summary>
    private sealed class HistoryConverter : JsonConverter<HistoryProgress>
    {
        public override HistoryProgress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var stored = JsonSerializer.Deserialize<StoredHistory>(ref reader, options)!;
            return new HistoryProgress(stored.State, stored.Percent, stored.Reason);
        }

        public override void Write(Utf8JsonWriter writer, HistoryProgress value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, new StoredHistory(value.State, value.Percent, value.Reason), options);
    }

    private sealed record StoredHistory(HistoryState State, int? Percent, Cause? Reason);
}

/// <summary>The state of a grain, as a document.</summary>
internal sealed record StoredState<T>(T State);
