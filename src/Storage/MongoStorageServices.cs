using Loopwave.Sandbox;
using Loopwave.Storage.Mongo;
using Loopwave.Storage.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage;

public static class MongoStorageServices
{
    /// <summary>
    /// Every storage port on MongoDB. A standalone deployment has the bytes of media and the credentials in its directories; in a
    /// cluster media come from elsewhere. Whoever starts the process calls <see cref="MongoStorage.Open"/>.
    /// </summary>
    public static IServiceCollection AddMongoStorage(this IServiceCollection services, MongoStorageOptions options)
    {
        services.AddSingleton(provider => new MongoStorage(options, provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => provider.GetRequiredService<MongoStorage>().Database);
        services.AddMongoStores();
        services.AddSingleton(provider => provider.GetRequiredService<MongoStorage>().Credentials);
        if (options.Local is not null)
        {
            services.AddSingleton(provider => provider.GetRequiredService<MongoStorage>().Files!);
        }

        return services;
    }

    /// <summary>The record of the simulated network in the same database, for all silos of a cluster.</summary>
    public static IServiceCollection AddMongoSandboxRecord(this IServiceCollection services) =>
        services.AddSingleton<ISandboxRecord, MongoSandboxRecord>();

    /// <summary>Grain state (the default store) in the same database.</summary>
    public static ISiloBuilder UseMongoGrainState(this ISiloBuilder silo) => silo.AddMongoGrainStorage();

    /// <summary>Reminders of Orleans in the same database, for a process that has no other.</summary>
    public static ISiloBuilder UseMongoReminders(this ISiloBuilder silo) => silo.AddMongoReminders();
}
