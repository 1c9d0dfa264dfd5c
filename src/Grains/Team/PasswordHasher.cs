using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using NSec.Cryptography;

namespace Loopwave.Team;

/// <summary>Argon2id with OWASP's parameters, in the usual encoded form; only so many at a time, see <see cref="HashingQueue"/>.</summary>
internal sealed partial class PasswordHasher : IDisposable
{
    private const int SaltSize = 16;
    private const int HashSize = 32;

    // MemorySize counts KiB.
    private static readonly Argon2Parameters Today =
        new() { DegreeOfParallelism = 1, MemorySize = 19 * 1024, NumberOfPasses = 2 };

    // A hash of nothing anybody knows: what a wrong account is compared with.
    private static readonly string Nobody = Encode(RandomNumberGenerator.GetBytes(SaltSize), new byte[HashSize]);

    private readonly HashingQueue _queue = new();

    /// <summary>The encoded hash of a new password; null when too many are being hashed already.</summary>
    public Task<string?> Hash(string password) => _queue.Run<string?>(null, () =>
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return Encode(salt, Derive(password, salt, Today));
    });

    /// <summary>
    /// Whether the password is right; null when too many are being hashed already. Takes its full time without a stored
    /// hash too, so that time does not tell which accounts exist.
    /// </summary>
    public Task<bool?> Verify(string password, string? stored) => _queue.Run<bool?>(null, () =>
    {
        var (salt, expected, parameters) = Decode(stored ?? Nobody);
        return CryptographicOperations.FixedTimeEquals(Derive(password, salt, parameters), expected) && stored is not null;
    });

    public void Dispose() => _queue.Dispose();

    private static byte[] Derive(string password, byte[] salt, Argon2Parameters parameters) =>
        new Argon2id(parameters).DeriveBytes(
            Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormC)), salt, HashSize);

    private static string Encode(byte[] salt, byte[] hash) =>
        $"$argon2id$v=19$m={Today.MemorySize},t={Today.NumberOfPasses},p=1${Base64(salt)}${Base64(hash)}";

    // The parameters are read back, so that hashes made before they are raised stay good.
    private static (byte[] Salt, byte[] Hash, Argon2Parameters Parameters) Decode(string encoded)
    {
        var parts = Encoded().Match(encoded);
        if (!parts.Success)
        {
            throw new InvalidOperationException("A stored password hash has a form this version does not know.");
        }

        var parameters = new Argon2Parameters
        {
            DegreeOfParallelism = 1,
            MemorySize = long.Parse(parts.Groups["m"].ValueSpan, CultureInfo.InvariantCulture),
            NumberOfPasses = long.Parse(parts.Groups["t"].ValueSpan, CultureInfo.InvariantCulture),
        };
        return (FromBase64(parts.Groups["salt"].Value), FromBase64(parts.Groups["hash"].Value), parameters);
    }

    [GeneratedRegex(@"^\$argon2id\$v=19\$m=(?<m>\d{1,8}),t=(?<t>\d{1,3}),p=1\$(?<salt>[A-Za-z0-9+/]+)\$(?<hash>[A-Za-z0-9+/]+)$")]
    private static partial Regex Encoded();

    private static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[] FromBase64(string text) =>
        Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
}
