using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loopwave.Contract.V1;

/// <summary>
/// The types of the build of commit 8966b50, as they cross grain calls and as they are stored: names, numbers and kinds, and nothing else.
/// They stay as they are, whatever becomes of today's; see <c>docs/compatibility.md</c>.
/// </summary>
public static class Frozen
{
    private static readonly JsonSerializerOptions Options = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        AllowDuplicateProperties = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    private static readonly Type[] Types = typeof(Frozen).Assembly.GetTypes();

    public static IReadOnlyList<Type> Messages { get; } = [.. Types.Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false))];

    public static IReadOnlyList<Type> Documents { get; } = [.. Types.Where(type => type.GetProperty("SchemaVersion") is not null)];

    public static object Read(string json, Type document) => JsonSerializer.Deserialize(json, document, Options)!;

    public static string Write(object document) => JsonSerializer.Serialize(document, Options);
}
