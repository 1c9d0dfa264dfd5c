using Loopwave.Team;

namespace Loopwave.Standalone;

/// <summary>Sees to it that somebody can sign in.</summary>
internal static class FirstAdmin
{
    /// <summary>Makes the first admin where one is configured; otherwise, while there is none, the token of a set-up link.</summary>
    public static Task<string?> PrepareTeam(this IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var team = services.GetRequiredService<IGrainFactory>().GetGrain<ITeamGrain>(0);
        return team.Prepare(configuration["ADMIN_EMAIL"], configuration["ADMIN_PASSWORD"]);
    }
}
