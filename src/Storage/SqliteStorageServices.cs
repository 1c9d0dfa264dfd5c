using Loopwave.Storage.Sql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage;

public static class SqliteStorageServices
{
    /// <summary>Every storage port on SQLite. The data is opened with the first port that is asked for.</summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, SqliteStorageOptions options) =>
        services.AddPorts(provider => SqliteStorage.Open(options, provider.GetRequiredService<ILoggerFactory>()));

    /// <summary>Every storage port on data that is open already; the container closes it at the end.</summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, SqliteStorage storage) =>
        services.AddPorts(_ => storage);

    /// <summary>Grain state (the default store) and reminders of Orleans in the same database.</summary>
    public static ISiloBuilder UseSqliteStorage(this ISiloBuilder silo) => silo.AddSqlGrainStorage().AddSqlReminders();

    private static IServiceCollection AddPorts(this IServiceCollection services, Func<IServiceProvider, SqliteStorage> open)
    {
        services.AddSingleton(open);
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Database);
        services.AddSqlStores();
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Credentials);
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Files!);
        return services;
    }
}
