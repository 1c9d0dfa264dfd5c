using System.Security.Cryptography;
using System.Text;
using Loopwave.Api.Errors;
using Loopwave.ApiKeys;
using Loopwave.Team;
using Microsoft.Extensions.Logging;

namespace Loopwave.Api.Auth;

/// <summary>
/// Whom the credentials of requests belong to, as their grains say, or said within the last minute where they cannot be asked now.
/// </summary>
internal sealed partial class Credentials : IDisposable
{
    private readonly ClusterGrains _grains;
    private readonly ILogger<Credentials> _logger;
    private readonly OncePerMinute _logged;
    private readonly LastAnswers<KeyAdmission> _keys;
    private readonly LastAnswers<Member> _members;

    public Credentials(ClusterGrains grains, TimeProvider clock, ILogger<Credentials> logger)
    {
        (_grains, _logger, _logged) = (grains, logger, new OncePerMinute(clock));
        _keys = new LastAnswers<KeyAdmission>(admission => OneMore(admission, clock.GetUtcNow()), Joined, InVain, clock);
        _members = new LastAnswers<Member>(member => member, (_, now) => now, InVain, clock);
    }

    /// <summary>
    /// Admits one request of a key; null when the key is not known. While its grain cannot be asked each node counts by itself, from what was
    /// left: so many nodes, so many times the limit at most, and what the grain admits besides.
    /// </summary>
    public Task<KeyAdmission?> Admit(ApiKeyText key) => _keys.Get($"{Prefix(key.Id)}{key.SecretHash} {key.Test}", async () =>
        await _grains.ApiKey(key.Id).Admit(key.SecretHash, key.Test) is { Known: true } admission ? admission : null);

    /// <summary>Who is signed in by a session; null once it is over.</summary>
    public Task<Member?> MemberOf(string token) => _members.Get(NameOf(token), () => _grains.Team().Session(token));

    /// <summary>The key was changed, or may have been: what was said of it before counts no more at this node.</summary>
    public void ForgetKey(string id) => _keys.Forget(caller => caller.StartsWith(Prefix(id), StringComparison.Ordinal));

    /// <inheritdoc cref="ForgetKey"/>
    public void ForgetSession(string token)
    {
        var name = NameOf(token);
        _members.Forget(caller => caller == name);
    }

    public void Dispose()
    {
        _keys.Dispose();
        _members.Dispose();
    }

    private static string Prefix(string keyId) => keyId + " ";

    private static string NameOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    // The grain knows nothing of the requests that were let in without it.
    private static KeyAdmission Joined(KeyAdmission last, KeyAdmission now) =>
        now.ResetAt == last.ResetAt && last.Remaining < now.Remaining ? now with { Remaining = last.Remaining } : now;

    private static KeyAdmission OneMore(KeyAdmission last, DateTimeOffset now)
    {
        var left = now < last.ResetAt ? last.Remaining : last.Limit;
        return last with
        {
            WithinRate = left > 0,
            Remaining = Math.Max(0, left - 1),
            ResetAt = now < last.ResetAt ? last.ResetAt : now.AddTicks(TimeSpan.TicksPerMinute - (now.UtcTicks % TimeSpan.TicksPerMinute)),
        };
    }

    private void InVain(Exception exception)
    {
        if (_logged.IsTime())
        {
            LogInVain(_logger, exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Who may ask what cannot be looked up now; for a minute the last answers count (said once a minute)")]
    private static partial void LogInVain(ILogger logger, Exception exception);
}
