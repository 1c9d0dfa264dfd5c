using System.Globalization;
using System.Text;
using System.Text.Json;
using MongoDB.Bson;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// JSON documents as fields that can be read and searched in the database. Nothing is lost on the way there and back. Names
/// that begin with a dollar, which MongoDB would take for an operator, begin with two underscores there; names that do so themselves
/// get a dollar behind them.
/// </summary>
internal static class MongoJson
{
    public static BsonValue Write<T>(T document)
    {
        using var json = JsonDocument.Parse(StorageJson.Write(document));
        return Value(json.RootElement);
    }

    public static T Read<T>(BsonValue stored)
    {
        var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { SkipValidation = true }))
        {
            Write(writer, stored);
        }

        return StorageJson.Read<T>(Encoding.UTF8.GetString(json.GetBuffer().AsSpan(0, (int)json.Length)));
    }

    private static BsonValue Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new BsonDocument(element.EnumerateObject().Select(property => new BsonElement(Name(property.Name), Value(property.Value)))),
        JsonValueKind.Array => new BsonArray(element.EnumerateArray().Select(Value)),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => Number(element),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => BsonNull.Value,
    };

    // Whatever number it is, the same digits come back.
    private static BsonValue Number(JsonElement element)
    {
        if (element.TryGetInt32(out var small))
        {
            return small;
        }

        if (element.TryGetInt64(out var large))
        {
            return large;
        }

        var number = element.GetDouble();
        return number.ToString("R", CultureInfo.InvariantCulture) == element.GetRawText() ? number : Decimal128.Parse(element.GetRawText());
    }

    private static void Write(Utf8JsonWriter writer, BsonValue value)
    {
        switch (value)
        {
            case BsonDocument document:
                writer.WriteStartObject();
                foreach (var element in document)
                {
                    writer.WritePropertyName(Original(element.Name));
                    Write(writer, element.Value);
                }

                writer.WriteEndObject();
                break;
            case BsonArray array:
                writer.WriteStartArray();
                foreach (var item in array)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case BsonString text:
                writer.WriteStringValue(text.Value);
                break;
            case BsonInt32 or BsonInt64:
                writer.WriteNumberValue(value.ToInt64());
                break;
            case BsonDouble number:
                writer.WriteNumberValue(number.Value);
                break;
            case BsonDecimal128 number:
                writer.WriteRawValue(number.Value.ToString());
                break;
            case BsonBoolean flag:
                writer.WriteBooleanValue(flag.Value);
                break;
            case BsonNull:
                writer.WriteNullValue();
                break;
            default:
                throw new StorageDamagedException($"A stored document holds a {value.BsonType}, which Loopwave never writes.");
        }
    }

    private static string Name(string name) =>
        name.StartsWith('$') ? "__" + name[1..]
        : name.StartsWith("__", StringComparison.Ordinal) ? "__$" + name[2..]
        : name;

    private static string Original(string name) =>
        name.StartsWith("__$", StringComparison.Ordinal) ? "__" + name[3..]
        : name.StartsWith("__", StringComparison.Ordinal) ? "$" + name[2..]
        : name;
}
