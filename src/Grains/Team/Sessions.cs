using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Loopwave.Deployment;

namespace Loopwave.Team;

/// <summary>
/// How long people stay signed in: 12 hours after they were last seen, and 30 days at most. A session ends at once when
/// its row is gone.
/// </summary>
internal static class SessionRules
{
    public static readonly TimeSpan Idle = TimeSpan.FromHours(12);
    public static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    // Being seen is noted this coarsely, so that reading a page is not a write.
    private static readonly TimeSpan Grain = TimeSpan.FromMinutes(5);

    public static DateTimeOffset LastPossibleEnd(this SessionDocument session) => session.CreatedAt + Longest;

    public static bool IsOver(this SessionDocument session, DateTimeOffset now) => session.ExpiresAt <= now;

    /// <summary>The session as being seen now leaves it; the same one when there is nothing worth writing.</summary>
    public static SessionDocument Seen(this SessionDocument session, DateTimeOffset now)
    {
        var end = Earlier(now + Idle, session.LastPossibleEnd());
        return end - session.ExpiresAt >= Grain ? session with { ExpiresAt = end } : session;
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}

/// <summary>
/// Random tokens and what is stored of them: an HMAC under the deployment's secret, so that a stolen database opens
/// nothing, nobody who can only write to it can forge a session, and another secret ends every session.
/// </summary>
internal sealed class SecretTokens(string secret)
{
    private const string SecretSetting = "team.session-secret";

    private readonly byte[] _key = Encoding.UTF8.GetBytes(secret);

    /// <summary>With the operator's secret, or else one of our own that is made once and stored.</summary>
    public static async Task<SecretTokens> Load(TeamOptions options, IDeploymentStore deployment) =>
        new(options.Secret is { Length: > 0 } set ? set : await deployment.EnsureSetting(SecretSetting, New()));

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public string Hash(string token) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(token)));
}
