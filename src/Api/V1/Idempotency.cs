using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.Messages;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.V1;

/// <summary>The <c>Idempotency-Key</c> of a request: its form here, its meaning in the grains.</summary>
internal static class Idempotency
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";
    private const int Longest = 255;

    // Without the fields that were left out: two ways to write the same request are one request.
    private static readonly JsonSerializerOptions Canonical = new(PublicJson.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Refuses a malformed key on every POST, also where repeating is harmless anyway.</summary>
    public static ValueTask<object?> Check(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (HttpMethods.IsPost(context.HttpContext.Request.Method))
        {
            Read(context.HttpContext.Request);
        }

        return next(context);
    }

    public static IdempotencyKey? KeyOf<T>(HttpRequest request, Caller caller, T body) => Read(request) is { } key
        ? new IdempotencyKey($"{caller.Id} {request.Method} {request.Path}", key, HashOf(body))
        : null;

    /// <summary>SHA-256 of what was asked for, in hex; the order of fields and white space make no difference.</summary>
    public static string HashOf<T>(T body) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(body, Canonical)));

    private static string? Read(HttpRequest request)
    {
        var values = request.Headers[Header];
        if (values.Count == 0)
        {
            return null;
        }

        var key = values.Count == 1 ? Unquoted(values.ToString().Trim()) : "";
        return key.Length is > 0 and <= Longest && key.All(c => c is > ' ' and <= '~')
            ? key
            : throw new RequestRefusedException($"{Header} must be 1 to {Longest} visible ASCII characters, quoted or not.");
    }

    private static string Unquoted(string text) =>
        text is ['"', _, .., '"'] or ['"', '"']
            ? text[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal)
            : text;
}
