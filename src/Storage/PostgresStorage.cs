using Loopwave.Deployment;
using Loopwave.Numbers;
using Loopwave.Storage.Credentials;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Postgres;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage;

/// <summary>
/// The data of a cluster in PostgreSQL, shared by all its processes. Until <see cref="Open"/> has found the database once, every
/// port answers <see cref="StorageUnavailableException"/>; afterwards it comes back by itself whenever the database does.
/// </summary>
public sealed class PostgresStorage : IDisposable
{
    private const string KeySetting = "credentials.key";
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    private readonly PostgresDatabase _database;
    private readonly CredentialKeys _keys;
    private readonly ClusterIdentity? _cluster;

    /// <summary>Reads the settings, and connects to nothing yet.</summary>
    /// <exception cref="StorageStartException">A setting cannot be used; the message says which.</exception>
    public PostgresStorage(PostgresStorageOptions options, ILoggerFactory loggers)
    {
        _keys = CredentialKeys.Of(options.CredentialsKey);
        _cluster = options.Cluster;
        ConnectionString = PostgresUri.Parse(options.Uri);
        _database = new PostgresDatabase(
            new PostgresDatabaseOptions(ConnectionString) { Faults = options.Faults }, loggers.CreateLogger("Loopwave.Storage"));
        Credentials = new PostgresCredentialStore(_database, _keys);
    }

    /// <summary>In Npgsql's form, for Orleans' ADO.NET providers: their statements are in the same database. Holds the password.</summary>
    public string ConnectionString { get; }

    internal ISqlDatabase Database => _database;

    internal ICredentialStore Credentials { get; }

    /// <summary>
    /// Waits until the database can be reached, with a line in the log once a minute, and brings its schema up to date. Processes
    /// that start together may all call it: one does the work, and the others wait for it, with a line a minute as well.
    /// </summary>
    /// <param name="clock">This machine's time, which must agree with the database's to 5 seconds.</param>
    /// <param name="cancellationToken">Ends the waiting at once, whatever it is for.</param>
    /// <exception cref="StorageStartException">Something is wrong that trying again does not change; its message says what.</exception>
    public async Task Open(TimeProvider clock, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await _database.Open(clock, cancellationToken);
                await CheckCluster().WaitAsync(cancellationToken);
                await CheckKey().WaitAsync(cancellationToken);
                return;
            }
            catch (StorageUnavailableException)
            {
                // The cause is in the log.
                await Task.Delay(TryAgainAfter, TimeProvider.System, cancellationToken);
            }
        }
    }

    public void Dispose() => _database.Dispose();

    private async Task CheckCluster()
    {
        if (_cluster is not null && await _cluster.Claim(new SqlDeploymentStore(_database)) is { } problem)
        {
            throw new DatabaseUnsuitableException(problem);
        }
    }

    // A process with another key would find every number's credentials unreadable, and log them all out.
    private async Task CheckKey()
    {
        var settings = new SqlDeploymentStore(_database);
        var ours = Convert.ToHexStringLower(CredentialKeys.Id(_keys.Current));
        if (await settings.EnsureSetting(KeySetting, ours) == ours)
        {
            return;
        }

        if ((await _database.Query(new Statement("SELECT 1 FROM credential WHERE generation IS NOT NULL LIMIT 1"), _ => true)).Count > 0)
        {
            throw new DatabaseUnsuitableException(
                "CREDENTIALS_KEY is not the key that this deployment's credentials are encrypted with. All processes must have that one.");
        }

        await settings.PutSetting(KeySetting, ours);
    }
}
