using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Loopwave.Team;

public static class TeamServices
{
    /// <summary>The team: first admin, sign-in, sessions. Needs an <see cref="ITeamStore"/> and an <c>IDeploymentStore</c>.</summary>
    public static ISiloBuilder AddTeam(this ISiloBuilder silo)
    {
        silo.Services.AddOptions<TeamOptions>().BindConfiguration("").ValidateOnStart();
        silo.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TeamOptions>, TeamOptionsCheck>());
        silo.Services.TryAddSingleton<PasswordHasher>();
        silo.Services.TryAddSingleton(TimeProvider.System);
        return silo;
    }
}
