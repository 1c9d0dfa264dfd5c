using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.Errors;

/// <summary>
/// Says what is wrong with a body and where, in our words: the framework's own sentences name types of ours.
/// </summary>
internal static partial class BodyMistakes
{
    public static ErrorResult Describe(BadHttpRequestException mistake) => mistake.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => StatusErrors.For(StatusCodes.Status413PayloadTooLarge),
        StatusCodes.Status415UnsupportedMediaType => StatusErrors.For(StatusCodes.Status415UnsupportedMediaType),
        StatusCodes.Status408RequestTimeout => StatusErrors.For(StatusCodes.Status408RequestTimeout),
        _ when mistake.InnerException is JsonException json => Invalid(Describe(json)),
        _ => Invalid("The request has no body, or one that can't be read. A JSON object is expected."),
    };

    private static ErrorResult Invalid(string message) => new(StatusCodes.Status400BadRequest, "invalid_input", message);

    private static string Describe(JsonException mistake)
    {
        var place = Place(mistake);
        var text = mistake.Message;
        if (Unmapped().Match(text) is { Success: true } unmapped)
        {
            return $"Unknown field '{Short(unmapped.Groups[1].Value)}'{place}.";
        }

        if (Duplicate().Match(text) is { Success: true } duplicate)
        {
            return $"The field '{Short(duplicate.Groups[1].Value)}' appears twice{place}.";
        }

        if (Missing().Match(text) is { Success: true } missing)
        {
            return $"Missing: {missing.Groups[1].Value.Replace("'", "", StringComparison.Ordinal)}{place}.";
        }

        if (text.Contains("null values", StringComparison.Ordinal))
        {
            return $"null is not taken{place}.";
        }

        // What stands in quotes can be well-formed JSON and still be no text.
        if (mistake.InnerException is InvalidOperationException { Message: var inner } && inner.Contains("UTF-16", StringComparison.Ordinal))
        {
            return inner.Contains("surrogate", StringComparison.Ordinal)
                ? $"The text holds half of a surrogate pair{place}."
                : $"The text is not valid UTF-8{place}.";
        }

        if (mistake.InnerException is JsonException)
        {
            return $"Malformed JSON{place}.";
        }

        if (text.StartsWith("Expected ", StringComparison.Ordinal))
        {
            return $"{text.TrimEnd('.')}{place}.";
        }

        return Target().Match(text) is { Success: true } target
            ? $"{Expected(target.Groups[1].Value, atRoot: mistake.Path is "$")}{place}."
            : $"Malformed JSON{place}.";
    }

    // The framework's sentence names the type that it could not make: System.Int32, or one of ours, or a list of them.
    private static string Expected(string type, bool atRoot)
    {
        type = Nullable().Replace(type, "$1");
        return type switch
        {
            "System.String" => "Expected text in quotes",
            "System.Boolean" => "Expected true or false",
            "System.Double" => "Expected a number",
            "System.Int32" or "System.Int64" => "Expected a whole number",
            _ when type.StartsWith("System.Collections.", StringComparison.Ordinal) => "Expected a list",
            _ when atRoot => "Expected a JSON object",
            _ when type.EndsWith("Body", StringComparison.Ordinal) => "Expected an object",
            _ => "A value of the wrong kind",
        };
    }

    private static string Place(JsonException mistake)
    {
        var path = mistake.Path is { Length: > 1 } given ? $" at {Short(given)}" : "";
        return mistake.LineNumber is { } line
            ? $"{path} (line {line + 1}, position {(mistake.BytePositionInLine ?? 0) + 1})"
            : path;
    }

    // A caller's own words go back to the caller, but not by the megabyte.
    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";

    [GeneratedRegex("^The JSON property '(.*?)' could not be mapped")]
    private static partial Regex Unmapped();

    [GeneratedRegex("^Duplicate property '(.*?)' encountered")]
    private static partial Regex Duplicate();

    [GeneratedRegex("^The JSON value could not be converted to (.+?)\\. Path:")]
    private static partial Regex Target();

    [GeneratedRegex("^System\\.Nullable`1\\[(.+)\\]$")]
    private static partial Regex Nullable();

    [GeneratedRegex("missing required properties including: (.*?)\\.")]
    private static partial Regex Missing();
}
