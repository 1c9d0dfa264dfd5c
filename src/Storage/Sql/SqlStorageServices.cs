using Loopwave.ApiKeys;
using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Contacts;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Team;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Hosting;

namespace Loopwave.Storage.Sql;

/// <summary>The ports that every SQL database serves alike.</summary>
internal static class SqlStorageServices
{
    public static IServiceCollection AddSqlStores(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<INumberStore, SqlNumberStore>();
        services.AddSingleton<IOwnershipStore, SqlOwnershipStore>();
        services.AddSingleton<ISiloStore, SqlSiloStore>();
        services.AddSingleton<IMessageStore, SqlMessageStore>();
        services.AddSingleton<IChatStore, SqlChatStore>();
        services.AddSingleton<IContactStore, SqlContactStore>();
        services.AddSingleton<IMediaStore, SqlMediaStore>();
        services.AddSingleton<ISentMessages, SqlSentMessages>();
        services.AddSingleton<IApiKeyStore, SqlApiKeyStore>();
        services.AddSingleton<ITeamStore, SqlTeamStore>();
        services.AddSingleton<IDeploymentStore, SqlDeploymentStore>();
        return services;
    }

    /// <summary>The state of grains that have no port of their own, as the default store.</summary>
    public static ISiloBuilder AddSqlGrainStorage(this ISiloBuilder silo)
    {
        silo.Services.AddGrainStorage(
            ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, (provider, _) => new SqlGrainStorage(Database(provider), Service(provider)));
        return silo;
    }

    public static ISiloBuilder AddSqlReminders(this ISiloBuilder silo)
    {
        silo.AddReminders();
        silo.Services.AddSingleton<IReminderTable>(provider => new SqlReminderTable(Database(provider), Service(provider)));
        return silo;
    }

    private static ISqlDatabase Database(IServiceProvider provider) => provider.GetRequiredService<ISqlDatabase>();

    private static string Service(IServiceProvider provider) => provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId;
}
