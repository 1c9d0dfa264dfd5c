using Loopwave.ApiKeys;
using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Team;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Hosting;

namespace Loopwave.Storage;

public static class SqliteStorageServices
{
    /// <summary>Every storage port on SQLite. The data is opened with the first port that is asked for.</summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, SqliteStorageOptions options) =>
        services.AddPorts(provider => SqliteStorage.Open(options, provider.GetRequiredService<ILoggerFactory>()));

    /// <summary>Every storage port on data that is open already; the container closes it at the end.</summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, SqliteStorage storage) =>
        services.AddPorts(_ => storage);

    private static IServiceCollection AddPorts(this IServiceCollection services, Func<IServiceProvider, SqliteStorage> open)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(open);
        services.AddSingleton<ISqlDatabase>(provider => provider.GetRequiredService<SqliteStorage>().Database);
        services.AddSingleton<INumberStore, SqlNumberStore>();
        services.AddSingleton<IOwnershipStore, SqlOwnershipStore>();
        services.AddSingleton<IMessageStore, SqlMessageStore>();
        services.AddSingleton<IChatStore, SqlChatStore>();
        services.AddSingleton<IContactStore, SqlContactStore>();
        services.AddSingleton<IMediaStore, SqlMediaStore>();
        services.AddSingleton<ISentMessages, SqlSentMessages>();
        services.AddSingleton<IApiKeyStore, SqlApiKeyStore>();
        services.AddSingleton<ITeamStore, SqlTeamStore>();
        services.AddSingleton<IDeploymentStore, SqlDeploymentStore>();
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Credentials);
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Files);
        return services;
    }

    /// <summary>Grain state (the default store) and reminders of Orleans in the same database.</summary>
    public static ISiloBuilder UseSqliteStorage(this ISiloBuilder silo)
    {
        silo.AddReminders();
        silo.Services.AddSingleton<IReminderTable>(provider => new SqlReminderTable(Database(provider), Service(provider)));
        silo.Services.AddGrainStorage(
            ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, (provider, _) => new SqlGrainStorage(Database(provider), Service(provider)));
        return silo;
    }

    private static ISqlDatabase Database(IServiceProvider provider) => provider.GetRequiredService<ISqlDatabase>();

    private static string Service(IServiceProvider provider) => provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId;
}
