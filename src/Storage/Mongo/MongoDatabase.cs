using Loopwave.Deployment;
using Loopwave.Numbers;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// A MongoDB database that several processes share. What is written is on the disks of a majority before anybody hears of it,
/// and what is read was. Everything fails with <see cref="StorageUnavailableException"/> when the database cannot be had
/// now, within a bounded time, and works again by itself afterwards.
/// </summary>
internal sealed class MongoDatabase : IDisposable
{
    private const int Connections = 100;
    private const int LeaseConnections = 4;

    private readonly MongoDatabaseOptions _options;
    private readonly MongoErrors _errors;
    private readonly MongoClient _client;
    private readonly IMongoDatabase _database;
    private readonly Turns _turns;
    private readonly Turns _leaseTurns;
    private long _failedAt = long.MinValue;
    private volatile bool _open;
    private volatile bool _closed;

    /// <summary>Connects to nothing yet: see <see cref="Open"/>.</summary>
    public MongoDatabase(MongoDatabaseOptions options, ILogger logger)
    {
        _options = options;
        // The real clock: how long a server may hang has nothing to do with the time that the product lives in.
        _errors = new MongoErrors(logger, TimeProvider.System);
        _turns = new Turns(Connections, options.Patience, TimeProvider.System, _errors);
        _leaseTurns = new Turns(LeaseConnections, options.Patience, TimeProvider.System, _errors);
        var settings = MongoClientSettings.FromUrl(options.Url);
        settings.ApplicationName ??= "loopwave";
        settings.MaxConnectionPoolSize = Connections + LeaseConnections;
        settings.ServerSelectionTimeout = options.Patience;
        settings.ConnectTimeout = options.Patience;
        settings.WaitQueueTimeout = options.Patience;
        settings.SocketTimeout = options.Patience + options.Patience;
        settings.ReadPreference = ReadPreference.Primary;
        settings.ReadConcern = ReadConcern.Majority;
        settings.WriteConcern = WriteConcern.WMajority.With(journal: true, wTimeout: options.Patience);
        settings.ClusterConfigurator = options.Configure;
        _client = new MongoClient(settings);
        _database = _client.GetDatabase(options.Url.DatabaseName);
    }

    /// <summary>Brings indexes and the schema's version up to date. Until this has returned once, nothing can be read or written.</summary>
    /// <exception cref="StorageUnavailableException">The server cannot be reached now.</exception>
    /// <exception cref="StorageStartException">Trying again changes nothing.</exception>
    public async Task Open(TimeProvider clock, CancellationToken cancellationToken = default)
    {
        try
        {
            await new MongoSchema(_database).Apply(clock, cancellationToken);
            _open = true;
        }
        catch (MongoIncompatibleDriverException error)
        {
            throw new DatabaseUnsuitableException($"The MongoDB server cannot be used: {error.Message}");
        }
        catch (Exception error) when (_errors.IsUnavailable(error))
        {
            throw _errors.Unavailable(error);
        }
    }

    public IMongoCollection<BsonDocument> Collection(string name) => _database.GetCollection<BsonDocument>(name);

    /// <summary>Writes that belong together, and fail together in tests.</summary>
    public MongoUnit Begin() => new(this, _options.Faults?.Begin());

    public Task<T> Run<T>(Func<CancellationToken, Task<T>> work) => StorageMetrics.MeasuredStep(_options.Backend, Run(_turns, work));

    /// <summary>Past everybody who waits: a silo that cannot renew its lease in time closes every connection.</summary>
    public Task<T> RunLease<T>(Func<CancellationToken, Task<T>> work) => StorageMetrics.MeasuredStep(_options.Backend, Run(_leaseTurns, work));

    /// <summary>
    /// Waits for what others do. Fails when the database could not be had meanwhile: whoever reads after that would wait for it once more,
    /// and its caller twice as long as it may.
    /// </summary>
    public async Task Behind(Func<Task> others)
    {
        var since = TimeProvider.System.GetTimestamp();
        await others();
        ThrowIfFailed(since);
    }

    /// <summary>A change of a number, to be measured as a whole.</summary>
    public Task<CommitResult> Measured(Task<CommitResult> commit) => StorageMetrics.Measured(_options.Backend, commit);

    public void Dispose()
    {
        _closed = true;
        _client.Dispose();
    }

    private async Task<T> Run<T>(Turns turns, Func<CancellationToken, Task<T>> work)
    {
        if (_closed || !_open)
        {
            throw new StorageUnavailableException(_closed ? "Storage is closed." : "Storage is not available: the database was not reached yet.");
        }

        // Whoever waited while others failed is not to find out for itself.
        var since = TimeProvider.System.GetTimestamp();
        await turns.Enter();
        var isDone = false;
        try
        {
            ThrowIfFailed(since);
            var done = await Try(work);
            isDone = true;
            return done;
        }
        finally
        {
            turns.Leave(isDone);
        }
    }

    private void ThrowIfFailed(long since)
    {
        if (Interlocked.Read(ref _failedAt) > since)
        {
            throw _errors.Stuck();
        }
    }

    private async Task<T> Try<T>(Func<CancellationToken, Task<T>> work)
    {
        using var patience = new CancellationTokenSource(_options.Patience, TimeProvider.System);
        try
        {
            return await work(patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            Interlocked.Exchange(ref _failedAt, TimeProvider.System.GetTimestamp());
            throw _errors.Stuck();
        }
        catch (ObjectDisposedException error) when (_closed)
        {
            throw new StorageUnavailableException("Storage is closed.", error);
        }
        catch (Exception error) when (_errors.IsUnavailable(error))
        {
            Interlocked.Exchange(ref _failedAt, TimeProvider.System.GetTimestamp());
            throw _errors.Unavailable(error);
        }
    }
}

/// <summary>Where the database is, and what tests change about it.</summary>
internal sealed record MongoDatabaseOptions(MongoUrl Url)
{
    /// <summary>How long one step may take before the caller is told; the API promises its 503 within 5 seconds.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(3.5);

    /// <summary>What metrics call it.</summary>
    public string Backend { get; init; } = "mongodb";

    /// <summary>Listens to the driver's commands.</summary>
    public Action<MongoDB.Driver.Core.Configuration.ClusterBuilder>? Configure { get; init; }
    public IMongoFaults? Faults { get; init; }
}

/// <summary>Lets a test stand between any two writes.</summary>
internal interface IMongoFaults
{
    /// <summary>A unit begins. What this gives is called before each of its writes; what it throws, the write fails with.</summary>
    Action Begin();
}

/// <summary>The writes of one unit.</summary>
internal sealed class MongoUnit(MongoDatabase database, Action? beforeWrite)
{
    public async Task<T> Write<T>(Func<CancellationToken, Task<T>> write)
    {
        beforeWrite?.Invoke();
        return await database.Run(write);
    }
}
