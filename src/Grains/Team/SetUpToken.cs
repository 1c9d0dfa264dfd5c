using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Loopwave.Team;

/// <summary>What is stored of the one-time set-up token: its hash, and until when it is good. As text: a setting.</summary>
internal sealed record SetUpToken(string Hash, DateTimeOffset ExpiresAt)
{
    public const string Setting = "team.set-up";

    /// <summary>What the setting holds once there is no token.</summary>
    public const string None = "";

    /// <summary>With less than this left a new one is made rather than shown again.</summary>
    public static readonly TimeSpan StillUseful = TimeSpan.FromHours(12);

    private static readonly TimeSpan Life = TimeSpan.FromHours(24);

    public static SetUpToken For(string hash, DateTimeOffset now) => new(hash, now + Life);

    public bool Accepts(string hash, DateTimeOffset now) =>
        now < ExpiresAt && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hash), Encoding.UTF8.GetBytes(Hash));

    public string ToText() => $"{Hash} {ExpiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}";

    public static SetUpToken? Parse(string? text) => text?.Split(' ') is [var hash, var end]
        && long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? new(hash, DateTimeOffset.FromUnixTimeSeconds(seconds))
            : null;
}
