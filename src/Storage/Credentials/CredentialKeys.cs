using System.Security.Cryptography;
using System.Text;

namespace Loopwave.Storage.Credentials;

/// <summary>
/// The keys that wrap the data key of each number. New files use the first; the others are tried by their id, so that a
/// deployment can move from the key file to a key of its own without losing what is there.
/// </summary>
internal sealed class CredentialKeys
{
    public const int KeyLength = 32;
    public const int IdLength = 8;

    private readonly List<byte[]> _keys;

    private CredentialKeys(List<byte[]> keys, string? missing) => (_keys, WhyMissing) = (keys, missing);

    /// <summary>Why there is no key to write with; null when there is one.</summary>
    public string? WhyMissing { get; }

    public byte[] Current => _keys.Count > 0 ? _keys[0] : throw new InvalidOperationException(WhyMissing);

    /// <param name="configured"><c>CREDENTIALS_KEY</c>, where it is set.</param>
    /// <param name="keyFile">The key made at the first start when nothing is configured.</param>
    /// <param name="anyCredentials">Whether there are credentials already.</param>
    public static CredentialKeys Open(string? configured, string keyFile, bool anyCredentials)
    {
        var keys = new List<byte[]>();
        if (configured is not null)
        {
            keys.Add(Parse(configured) ?? throw new StorageDamagedException("CREDENTIALS_KEY must be 32 bytes in base64."));
        }

        if (File.Exists(keyFile))
        {
            keys.Add(Parse(File.ReadAllText(keyFile)) ?? throw new StorageDamagedException($"The key file {keyFile} is damaged; restore it from a backup."));
        }
        else if (configured is null && anyCredentials)
        {
            // A new key would read none of the old credentials, and hide that the old key is only missing.
            return new CredentialKeys([], $"the key file is missing from the directory of AUTH_DIR; restore {Path.GetFileName(keyFile)} from a backup");
        }
        else if (configured is null)
        {
            var key = RandomNumberGenerator.GetBytes(KeyLength);
            DurableFile.Replace(keyFile, Encoding.ASCII.GetBytes(Convert.ToBase64String(key) + "\n"));
            keys.Add(key);
        }

        return new CredentialKeys(keys, null);
    }

    /// <summary>The one key of a deployment whose processes share their data.</summary>
    public static CredentialKeys Of(string configured) => new(
        [Parse(configured) ?? throw new StorageDamagedException("CREDENTIALS_KEY must be 32 bytes in base64.")], null);

    public byte[]? Find(ReadOnlySpan<byte> id)
    {
        foreach (var key in _keys)
        {
            if (id.SequenceEqual(Id(key)))
            {
                return key;
            }
        }

        return null;
    }

    /// <summary>Names a key without telling anything about it.</summary>
    public static byte[] Id(byte[] key) => HMACSHA256.HashData(key, "loopwave credentials key id"u8)[..IdLength];

    private static byte[]? Parse(string text)
    {
        var key = new byte[KeyLength + 1];
        return Convert.TryFromBase64String(text.Trim(), key, out var length) && length == KeyLength ? key[..KeyLength] : null;
    }
}
