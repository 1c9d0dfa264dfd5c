using System.Reflection;
using System.Text.Json.Nodes;
using Loopwave.Storage;

namespace Loopwave.Contract;

/// <summary>Everything that is stored as a document, of whatever backend.</summary>
internal static class Documents
{
    private static readonly MethodInfo WriteMethod = typeof(StorageJson).GetMethod(nameof(StorageJson.Write))!;
    private static readonly MethodInfo ReadMethod = typeof(StorageJson).GetMethod(nameof(StorageJson.Read))!;

    public static IReadOnlyDictionary<string, Type> All { get; } = StorageJson.Documents.ToDictionary(type => type.Name);

    public static string Write(Type type, object document) => (string)WriteMethod.MakeGenericMethod(type).Invoke(null, [document])!;

    public static object Read(Type type, string json) => ReadMethod.MakeGenericMethod(type).Invoke(null, [json])!;

    /// <summary>Where <paramref name="now"/> does not say what <paramref name="then"/> said; a later schema version says it as well.</summary>
    public static string? Missing(string then, string now)
    {
        var (before, after) = (JsonNode.Parse(then)!.AsObject(), JsonNode.Parse(now)!.AsObject());
        if (before["schemaVersion"]?.GetValue<int>() <= after["schemaVersion"]?.GetValue<int>())
        {
            before.Remove("schemaVersion");
        }

        return Meaning.Missing(before, after);
    }
}
