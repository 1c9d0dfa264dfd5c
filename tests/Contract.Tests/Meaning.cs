using System.Collections;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Loopwave.Contract;

/// <summary>What a message means, by the names and numbers that it has on the wire: the same in every version that understands it.</summary>
internal static class Meaning
{
    public static JsonNode? Of(object? value) => value switch
    {
        null => null,
        string text => text,
        bool flag => flag,
        int or long or uint => JsonValue.Create(Convert.ToInt64(value, null)),
        double number => number,
        Enum word => JsonValue.Create(Convert.ToInt64(word, null)),
        byte[] bytes => Convert.ToBase64String(bytes),
        DateTimeOffset time => time.ToString("O"),
        TimeSpan time => time.Ticks,
        DateOnly date => date.ToString("O"),
        SiloAddress silo => silo.ToParsableString(),
        CancellationToken => "token",
        Exception fault => new JsonObject { ["is"] = WireTypes.Name(fault.GetType()), ["message"] = fault.Message },
        IDictionary dictionary => new JsonObject(dictionary.Keys.Cast<object>().Select(key => KeyValuePair.Create(Of(key)!.ToString(), Of(dictionary[key])))),
        IEnumerable several => new JsonArray([.. several.Cast<object?>().Select(Of)]),
        _ => Record(value),
    };

    /// <summary>Where <paramref name="now"/> does not say what <paramref name="then"/> said; null when it says all of it, and perhaps more.</summary>
    public static string? Missing(JsonNode? then, JsonNode? now, string path = "")
    {
        switch (then, now)
        {
            case (null, null):
                return null;
            case (JsonObject before, JsonObject after):
                return before.Select(member => Missing(member.Value, after[member.Key], $"{path}/{member.Key}")).FirstOrDefault(missing => missing is not null);
            case (JsonArray before, JsonArray after) when before.Count == after.Count:
                return before.Select((item, i) => Missing(item, after[i], $"{path}/{i}")).FirstOrDefault(missing => missing is not null);
            default:
                return then is JsonValue && JsonNode.DeepEquals(then, now) ? null : $"{path} was {then?.ToJsonString() ?? "null"}, and is {now?.ToJsonString() ?? "null"}";
        }
    }

    private static JsonObject Record(object value)
    {
        var meaning = new JsonObject { ["is"] = WireTypes.Name(value.GetType()) };
        for (var level = value.GetType(); level is not null; level = level.BaseType)
        {
            foreach (var (id, member, _) in WireTypes.Members(level))
            {
                var key = level == value.GetType() ? $"{id}" : $"{WireTypes.Name(level)}.{id}";
                meaning[key] = Of(member is PropertyInfo property ? property.GetValue(value) : ((FieldInfo)member).GetValue(value));
            }
        }

        return meaning;
    }
}
