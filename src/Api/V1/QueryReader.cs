using System.Globalization;
using System.Text.Json;
using Loopwave.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.V1;

/// <summary>Reads query parameters, each at most once, and says which one can't be read and why.</summary>
internal readonly struct QueryReader(HttpRequest request)
{
    public string? Text(string name, int longest)
    {
        var values = request.Query[name];
        if (values.Count > 1)
        {
            throw new RequestRefusedException($"'{name}' is given more than once.");
        }

        var text = values.ToString();
        if (text.Length > longest)
        {
            throw new RequestRefusedException($"'{name}' is longer than {longest} characters.");
        }

        return text.Length == 0 ? null : text;
    }

    public int? Integer(string name, int smallest, int largest)
    {
        if (Text(name, longest: 20) is not { } text)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= smallest && number <= largest
                ? number
                : throw new RequestRefusedException($"'{name}' must be a whole number from {smallest} to {largest}.");
    }

    public bool? Boolean(string name) => Text(name, longest: 20) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        _ => throw new RequestRefusedException($"'{name}' must be true or false."),
    };

    /// <summary>One of the words that a value of <typeparamref name="T"/> has in our JSON.</summary>
    public T? Word<T>(string name)
        where T : struct, Enum
    {
        if (Text(name, longest: 40) is not { } text)
        {
            return null;
        }

        foreach (var value in Enum.GetValues<T>())
        {
            if (Words.Of(value) == text)
            {
                return value;
            }
        }

        throw new RequestRefusedException($"'{name}' must be one of {string.Join(", ", Enum.GetValues<T>().Select(Words.Of))}.");
    }

    public DateTimeOffset? Time(string name)
    {
        if (Text(name, longest: 40) is not { } text)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<DateTimeOffset>(JsonSerializer.SerializeToUtf8Bytes(text), PublicJson.Options);
        }
        catch (JsonException)
        {
            throw new RequestRefusedException($"'{name}' must be a time such as 2026-06-29T10:15:00.000Z.");
        }
    }
}

/// <summary>The words of enums, as our JSON writes them.</summary>
internal static class Words
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonSerializer.SerializeToElement(value, PublicJson.Options).GetString()!;
}
