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

namespace Loopwave.Storage.Mongo;

/// <summary>The ports that MongoDB serves.</summary>
internal static class MongoStorePorts
{
    public static IServiceCollection AddMongoStores(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<MongoCommits>();
        services.AddSingleton<INumberStore, MongoNumberStore>();
        services.AddSingleton<IOwnershipStore>(provider => new MongoOwnershipStore(
            provider.GetRequiredService<MongoDatabase>(), provider.GetRequiredService<MongoCommits>(), provider.GetRequiredService<MongoStorage>().Home));
        services.AddSingleton<ISiloStore, MongoSiloStore>();
        services.AddSingleton<IMessageStore, MongoMessageStore>();
        services.AddSingleton<IChatStore, MongoChatStore>();
        services.AddSingleton<IContactStore, MongoContactStore>();
        services.AddSingleton<IMediaStore, MongoMediaStore>();
        services.AddSingleton<ISentMessages, MongoSentMessages>();
        services.AddSingleton<IApiKeyStore, MongoApiKeyStore>();
        services.AddSingleton<ITeamStore, MongoTeamStore>();
        services.AddSingleton<IDeploymentStore, MongoDeploymentStore>();
        return services;
    }

    /// <summary>The state of grains that have no port of their own, as the default store.</summary>
    public static ISiloBuilder AddMongoGrainStorage(this ISiloBuilder silo)
    {
        silo.Services.AddGrainStorage(
            ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, (provider, _) => new MongoGrainStorage(provider.GetRequiredService<MongoDatabase>()));
        return silo;
    }

    public static ISiloBuilder AddMongoReminders(this ISiloBuilder silo)
    {
        silo.AddReminders();
        silo.Services.AddSingleton<IReminderTable>(provider => new MongoReminderTable(
            provider.GetRequiredService<MongoDatabase>(), provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId));
        return silo;
    }
}
