using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Loopwave.Team;

public static class TeamServices
{
    /// <summary>The team: first admin, sign-in, sessions. Needs an <see cref="ITeamStore"/> and an <c>IDeploymentStore</c>.</summary>
    public static IServiceCollection AddTeam(this IServiceCollection services)
    {
        services.AddOptions<TeamOptions>().BindConfiguration("").ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TeamOptions>, TeamOptionsCheck>());
        services.TryAddSingleton<PasswordHasher>();
        services.TryAddSingleton(TimeProvider.System);
        return services;
    }
}
