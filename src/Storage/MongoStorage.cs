using Loopwave.Deployment;
using Loopwave.Media;
using Loopwave.Numbers;
using Loopwave.Storage.Credentials;
using Loopwave.Storage.Mongo;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage;

/// <summary>
/// The data of a deployment in MongoDB, shared by all its processes. Until <see cref="Open"/> has found the database once, every port
/// answers <see cref="StorageUnavailableException"/>; afterwards it comes back by itself whenever the database does.
/// </summary>
public sealed class MongoStorage : IDisposable
{
    private const string KeySetting = "credentials.key";
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    private readonly LocalData? _local;
    private readonly CredentialKeys? _keys;
    private readonly ClusterIdentity? _cluster;

    /// <summary>Reads the settings, locks the directories of a standalone deployment, and connects to nothing yet.</summary>
    /// <exception cref="StorageStartException">A setting or a directory cannot be used; the message says which.</exception>
    public MongoStorage(MongoStorageOptions options, ILoggerFactory loggers)
    {
        var uri = MongoUri.Parse(options.Uri);
        _cluster = options.Cluster;
        _keys = options.Local is null ? CredentialKeys.Of(options.CredentialsKey ?? "") : null;
        _local = options.Local is { } local ? LocalData.Open(local) : null;
        Home = _local?.Id();
        Database = new MongoDatabase(new MongoDatabaseOptions(uri), loggers.CreateLogger("Loopwave.Storage"));
        Credentials = _keys is null ? _local!.Credentials : new MongoCredentialStore(Database, _keys);
    }

    internal MongoDatabase Database { get; }

    internal ICredentialStore Credentials { get; }

    /// <summary>The directory of a standalone deployment, by a name that no other has; null in a cluster.</summary>
    internal string? Home { get; }

    /// <summary>Null where they are elsewhere, as in a cluster.</summary>
    internal IMediaFiles? Files => _local?.Files;

    /// <summary>
    /// Waits until the database can be reached, with a line in the log once a minute, and brings its indexes up to date. Processes
    /// that start together may all call it.
    /// </summary>
    /// <param name="clock">This machine's time, which must agree with the database's to 5 seconds.</param>
    /// <exception cref="StorageStartException">Something is wrong that trying again does not change; its message says what.</exception>
    public async Task Open(TimeProvider clock, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await Database.Open(clock, cancellationToken);
                await CheckCluster();
                await CheckKey();
                return;
            }
            catch (StorageUnavailableException)
            {
                // The cause is in the log.
                await Task.Delay(TryAgainAfter, TimeProvider.System, cancellationToken);
            }
        }
    }

    public void Dispose()
    {
        Database.Dispose();
        _local?.Dispose();
    }

    private async Task CheckCluster()
    {
        if (_cluster is not null && await _cluster.Claim(new MongoDeploymentStore(Database)) is { } problem)
        {
            throw new DatabaseUnsuitableException(problem);
        }
    }

    // A process with another key would find every number's credentials unreadable, and log them all out.
    private async Task CheckKey()
    {
        if (_keys is null)
        {
            return;
        }

        var settings = new MongoDeploymentStore(Database);
        var ours = Convert.ToHexStringLower(CredentialKeys.Id(_keys.Current));
        if (await settings.EnsureSetting(KeySetting, ours) == ours)
        {
            return;
        }

        if (await Database.Run(token => Database.Collection(MongoCollections.Credential)
            .Find(new BsonDocument("records", new BsonDocument("$gte", 0)).Add("generation", new BsonDocument("$ne", BsonNull.Value))).AnyAsync(token)))
        {
            throw new DatabaseUnsuitableException(
                "CREDENTIALS_KEY is not the key that this deployment's credentials are encrypted with. All processes must have that one.");
        }

        await settings.PutSetting(KeySetting, ours);
    }
}
