using System.Text;
using System.Text.Json;
using Loopwave.Numbers;
using Loopwave.Storage.Credentials;

namespace Loopwave.Testing.Storage;

/// <summary>The keys of a number's device as they are stored, read through the product's own store.</summary>
public static class StoredSecrets
{
    private const int KeyBytes = 32;

    /// <summary>Every key of 32 bytes that the credentials of a number hold; none when there are no credentials.</summary>
    /// <param name="authDirectory">Of a process that has ended.</param>
    public static async Task<IReadOnlyCollection<byte[]>> Keys(string authDirectory, string number) =>
        await new FileCredentialStore(authDirectory, configuredKey: null).Load(number) switch
        {
            CredentialsRead.Found found => [.. found.Entries.SelectMany(entry => Of(entry.Name, entry.Value!)).DistinctBy(Convert.ToHexString)],
            CredentialsRead.Missing => [],
            var unreadable => throw new InvalidOperationException($"The credentials of {number} cannot be read: {unreadable}"),
        };

    /// <summary>Those of every number, and the key that they are encrypted with.</summary>
    /// <param name="authDirectory">Of a process that has ended.</param>
    public static async Task<IReadOnlyCollection<byte[]>> AllKeys(string authDirectory)
    {
        List<byte[]> keys = [Convert.FromBase64String(await File.ReadAllTextAsync(Path.Combine(authDirectory, "key")))];
        foreach (var file in Directory.GetFiles(authDirectory, "*.credentials", SearchOption.AllDirectories))
        {
            keys.AddRange(await Keys(authDirectory, Path.GetFileNameWithoutExtension(file)));
        }

        return keys;
    }

    // A one-time prekey is its two halves, the private one first; anything else is JSON with its bytes as base64.
    private static IEnumerable<byte[]> Of(string name, byte[] value) => name.StartsWith("pre-key/", StringComparison.Ordinal)
        ? [value[..KeyBytes]]
        : Texts(JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetString(value))).Select(Key).OfType<byte[]>();

    private static IEnumerable<string> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Texts(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        JsonValueKind.String => [element.GetString()!],
        _ => [],
    };

    private static byte[]? Key(string text)
    {
        var bytes = new byte[KeyBytes + 1];
        return Convert.TryFromBase64String(text, bytes, out var length) && length == KeyBytes ? bytes[..KeyBytes] : null;
    }
}
