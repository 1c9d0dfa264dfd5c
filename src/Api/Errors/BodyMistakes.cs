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

        if (text.StartsWith("Expected ", StringComparison.Ordinal))
        {
            return $"{text.Split('.')[0]}{place}.";
        }

        return text.Contains("could not be converted", StringComparison.Ordinal)
            ? $"A value of the wrong kind{place}."
            : $"Malformed JSON{place}.";
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

    [GeneratedRegex("missing required properties including: (.*?)\\.")]
    private static partial Regex Missing();
}
