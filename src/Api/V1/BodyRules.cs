using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Loopwave.Api.V1;

/// <summary>
/// What no request may hold: null among the texts of a list. The types promise that and the serializer does not check it.
/// </summary>
internal static class BodyRules
{
    public static bool IsBody(Type type) => type.Name.EndsWith("Body", StringComparison.Ordinal);

    public static void Apply(JsonTypeInfo type)
    {
        if (!IsBody(type.Type))
        {
            return;
        }

        var lists = type.Properties.Where(property => property.PropertyType == typeof(IReadOnlyList<string>)).ToArray();
        if (lists.Length > 0)
        {
            type.OnDeserialized = body =>
            {
                foreach (var list in lists)
                {
                    if (list.Get!(body) is IReadOnlyList<string?> texts && texts.Contains(null))
                    {
                        throw new JsonException($"'{list.Name}' holds null values.");
                    }
                }
            };
        }
    }
}
