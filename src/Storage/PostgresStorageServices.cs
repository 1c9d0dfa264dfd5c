using Loopwave.Sandbox;
using Loopwave.Storage.Sandbox;
using Loopwave.Storage.Sql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage;

public static class PostgresStorageServices
{
    /// <summary>
    /// Every storage port on PostgreSQL apart from the bytes of media, and the record of the simulated network. Whoever starts the
    /// process calls <see cref="PostgresStorage.Open"/>.
    /// </summary>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, PostgresStorageOptions options) =>
        services.AddPorts(provider => new PostgresStorage(options, provider.GetRequiredService<ILoggerFactory>()));

    /// <summary>The same on data that is open already; the container closes it at the end.</summary>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, PostgresStorage storage) =>
        services.AddPorts(_ => storage);

    /// <summary>
    /// PostgreSQL for what Orleans keeps there alone, membership and reminders, while the data is elsewhere. Whoever starts the process calls
    /// <see cref="PostgresStorage.Open"/>.
    /// </summary>
    public static IServiceCollection AddPostgresForOrleans(this IServiceCollection services, PostgresStorageOptions options) =>
        services.AddDatabase(provider => new PostgresStorage(options, provider.GetRequiredService<ILoggerFactory>()));

    /// <summary>Reminders of Orleans in the same database.</summary>
    public static ISiloBuilder UsePostgresReminders(this ISiloBuilder silo) => silo.AddSqlReminders();

    /// <summary>Grain state (the default store) and reminders of Orleans in the same database.</summary>
    public static ISiloBuilder UsePostgresStorage(this ISiloBuilder silo) => silo.AddSqlGrainStorage().AddSqlReminders();

    private static IServiceCollection AddPorts(this IServiceCollection services, Func<IServiceProvider, PostgresStorage> make)
    {
        services.AddDatabase(make);
        services.AddSqlStores();
        services.AddSingleton(provider => provider.GetRequiredService<PostgresStorage>().Credentials);
        services.AddSingleton<ISandboxRecord, PostgresSandboxRecord>();
        return services;
    }

    private static IServiceCollection AddDatabase(this IServiceCollection services, Func<IServiceProvider, PostgresStorage> make) =>
        services.AddSingleton(make).AddSingleton(provider => provider.GetRequiredService<PostgresStorage>().Database);
}
