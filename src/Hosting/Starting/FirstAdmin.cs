using Loopwave.Team;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Loopwave.Starting;

/// <summary>How somebody can sign in, once the process has started.</summary>
public abstract record FirstAdmin
{
    /// <summary>Nobody can yet: whoever opens the link with this one-time token makes the first admin.</summary>
    public sealed record SetUpLink(string Token) : FirstAdmin;

    /// <summary>This start made the admin that <c>ADMIN_EMAIL</c> and <c>ADMIN_PASSWORD</c> name.</summary>
    public sealed record Made(string Email) : FirstAdmin;

    /// <summary>There was one before, whatever <c>ADMIN_EMAIL</c> and <c>ADMIN_PASSWORD</c> say.</summary>
    public sealed record Exists(bool SettingsIgnored) : FirstAdmin;
}

/// <summary>Sees to it that somebody can sign in.</summary>
public static class Teams
{
    /// <summary>Makes the first admin where one is configured; otherwise, while there is none, the token of a set-up link.</summary>
    public static async Task<FirstAdmin> PrepareTeam(this IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var (email, password) = (configuration["ADMIN_EMAIL"], configuration["ADMIN_PASSWORD"]);
        var team = services.GetRequiredService<IGrainFactory>().GetGrain<ITeamGrain>(0);
        if (!await team.NeedsSetUp())
        {
            return new FirstAdmin.Exists(SettingsIgnored: !string.IsNullOrEmpty(email));
        }

        return await team.Prepare(email, password) is { } token ? new FirstAdmin.SetUpLink(token) : new FirstAdmin.Made(email!);
    }
}
