using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Loopwave.Team;

/// <summary>What the operator sets about signing in. The names are the documented environment variables.</summary>
internal sealed class TeamOptions
{
    /// <summary>Binds sessions to this deployment: changing it ends them all. Null: one is made and stored.</summary>
    [ConfigurationKeyName("JWT_SECRET")]
    public string? Secret { get; set; }

    /// <summary>The first admin, made at the first start together with <see cref="AdminPassword"/>.</summary>
    [ConfigurationKeyName("ADMIN_EMAIL")]
    public string? AdminEmail { get; set; }

    [ConfigurationKeyName("ADMIN_PASSWORD")]
    public string? AdminPassword { get; set; }
}

/// <summary>One sentence per mistake, before anything has started.</summary>
internal sealed class TeamOptionsCheck : IValidateOptions<TeamOptions>
{
    private const int ShortestSecret = 32;

    public ValidateOptionsResult Validate(string? name, TeamOptions options)
    {
        var mistakes = Mistakes(options).ToArray();
        return mistakes.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static IEnumerable<string> Mistakes(TeamOptions options)
    {
        if (options.Secret is { Length: > 0 } secret && Encoding.UTF8.GetByteCount(secret) < ShortestSecret)
        {
            yield return $"JWT_SECRET is too short: it needs at least {ShortestSecret} bytes.";
        }

        var hasEmail = !string.IsNullOrEmpty(options.AdminEmail);
        var hasPassword = !string.IsNullOrEmpty(options.AdminPassword);
        if (hasEmail != hasPassword)
        {
            yield return "ADMIN_EMAIL and ADMIN_PASSWORD belong together: set both or none.";
        }

        if (hasEmail && Email.Normalise(options.AdminEmail!) is null)
        {
            yield return "ADMIN_EMAIL is not an email address.";
        }

        if (hasPassword && PasswordRules.Mistake(options.AdminPassword!) is { } mistake)
        {
            yield return $"ADMIN_PASSWORD can't be used: {mistake}";
        }
    }
}
