using System.Buffers.Text;
using Loopwave.Engines;

namespace Loopwave.WhatsApp;

/// <summary>
/// Credentials in parts that fit into frames. They grow with everybody whom a number ever wrote with, and none of them can be left out.
/// </summary>
internal static class CredentialParts
{
    public const string TooLarge = "credentials_too_large";

    /// <summary>Of one part, as it travels. Far below a frame's limit: what else waits to be said comes in between.</summary>
    public const int LargestPart = 4 * 1024 * 1024;

    /// <summary>Of one entry, as it travels: it is never divided.</summary>
    public const int LargestEntry = EngineProtocol.LargestFrame / 4 * 3;

    // The names of its fields and what stands between them.
    private const int Punctuation = 32;

    // A character that JSON escapes.
    private const int LongestCharacter = 6;

    public static IReadOnlyList<IReadOnlyList<CredentialEntry>> Of(IReadOnlyList<CredentialEntry> credentials)
    {
        var parts = new List<List<CredentialEntry>> { new() };
        var size = 0;
        foreach (var entry in credentials)
        {
            var more = Size(entry);
            if (more > LargestEntry)
            {
                throw new EngineException(
                    EngineError.Rejected, "One of the number's credentials is larger than the engine can take. Link the number again.", TooLarge);
            }

            if (size + more > LargestPart && size > 0)
            {
                parts.Add([]);
                size = 0;
            }

            parts[^1].Add(entry);
            size += more;
        }

        return parts;
    }

    private static int Size(CredentialEntry entry) =>
        Punctuation + LongestCharacter * entry.Name.Length + Base64.GetMaxEncodedToUtf8Length(entry.Value?.Length ?? 0);
}
