using System.Net.Http.Headers;

namespace Loopwave.Media;

/// <summary>Content types as callers and networks word them.</summary>
internal static class MimeTypes
{
    public const string Unknown = "application/octet-stream";

    /// <summary>The bare type in lower case, without parameters; the unknown type for what is none.</summary>
    public static string Clean(string type) =>
        MediaTypeHeaderValue.TryParse(type, out var parsed) && parsed.MediaType is { Length: <= 100 } clean
            ? clean.ToLowerInvariant()
            : Unknown;
}
