using System.Data.Common;
using Loopwave.Deployment;
using Loopwave.Numbers;
using Loopwave.Processes;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Postgres;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Storage.Tests.Sql;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>A process of a cluster, on a PostgreSQL database of its own or together with others.</summary>
public sealed class PostgresBackend : Backend
{
    private readonly PostgresServer _server;
    private readonly PostgresDatabase _database;
    private readonly Disturbed _disturbed;
    private readonly bool _isOwner;

    private PostgresBackend(PostgresServer server, string name, bool isOwner, string? connectionString = null, TimeSpan? patience = null)
    {
        (_server, Name, _isOwner) = (server, name, isOwner);
        Writes = new Hooks();
        _database = new PostgresDatabase(
            new PostgresDatabaseOptions(connectionString ?? server.ConnectionString(name)) { Faults = Writes, Patience = patience ?? TimeSpan.FromSeconds(30) },
            NullLogger.Instance);
        _disturbed = new Disturbed(_database);
        Ports = SqlPorts.On(_disturbed, Clock);
    }

    /// <summary>The database.</summary>
    public string Name { get; }

    internal PostgresServer Server => _server;

    internal ISqlDatabase Database => _disturbed;

    internal Hooks Writes { get; }

    public override StorePorts Ports { get; }

    public override bool Failed => _disturbed.Happened;

    /// <summary>A process with a database of its own on the server of all tests.</summary>
    public static PostgresBackend Create() => Task.Run(async () =>
    {
        var server = await TestServer.Get();
        return Open(server, await TestServer.TakeDatabase(), isOwner: true);
    }).GetAwaiter().GetResult();

    internal static PostgresBackend Open(
        PostgresServer server, string name, bool isOwner, string? connectionString = null, TimeSpan? patience = null)
    {
        var backend = new PostgresBackend(server, name, isOwner, connectionString, patience);
        Task.Run(() => backend._database.Open(TimeProvider.System, CancellationToken.None)).GetAwaiter().GetResult();
        return backend;
    }

    /// <summary>Another process on the same data.</summary>
    public PostgresBackend Another(string? connectionString = null, TimeSpan? patience = null) =>
        Open(_server, Name, isOwner: false, connectionString, patience);

    /// <summary>Returns once somebody waits for what somebody else holds, which this must then be.</summary>
    public async Task AwaitLock(Task held)
    {
        while ((await _database.Query(
            new Statement("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
            row => row.GetInt32(0))).Single() == 0)
        {
            Assert.False(held.IsCompleted, "Nothing held it up.");
        }
    }

    public override Task<IReadOnlyList<OutboxEvent>> Outbox(string number) => SqlPorts.Outbox(_database, number);

    public override void FailBeforeWrite(int index) => _disturbed.Arm(index, new Statement("SELECT 1 / (count(*) - count(*)) FROM number").Returning());

    /// <summary>The server drops the session that writes, as it does when the process at its other end is gone.</summary>
    public override async Task<Backend?> CutBeforeWrite(int index, Func<Task> unit)
    {
        _disturbed.Arm(index, new Statement("SELECT pg_terminate_backend(pg_backend_pid())").Returning());
        try
        {
            await unit();
        }
        catch (StorageUnavailableException)
        {
            // The process that asked never hears of it.
        }

        return _disturbed.Happened ? Another() : null;
    }

    public override Task ExpireLease(string incarnation) => SqlPorts.ExpireLease(_database, incarnation);

    public override Task RemoveLease(string incarnation) => SqlPorts.RemoveLease(_database, incarnation);

    public override async ValueTask DisposeAsync()
    {
        _database.Dispose();
        if (_isOwner)
        {
            await TestServer.GiveBack(Name);
        }
    }

    /// <summary>Moments of a commit that tests can stand at.</summary>
    internal sealed class Hooks : IUnitFaults
    {
        /// <summary>Called between the last write of a batch and its commit, and right after the commit.</summary>
        public Action? OnCommitting { get; set; }

        public Action? OnCommitted { get; set; }

        public void BeforeStatement(Unit unit, int index) => throw new NotSupportedException();

        public void BeforeCommit() => OnCommitting?.Invoke();

        public void AfterCommit() => OnCommitted?.Invoke();
    }

    /// <summary>Puts a statement of the test's own in front of a write, so that what fails fails in the server.</summary>
    private sealed class Disturbed(ISqlDatabase database) : ISqlDatabase
    {
        private (int Index, Statement Statement)? _armed;

        public bool Happened { get; private set; }

        public ISqlDialect Dialect => database.Dialect;

        public void Arm(int index, Statement statement) => (_armed, Happened) = ((index, statement), false);

        public async Task<UnitResult> Run(Unit unit)
        {
            if (_armed is not { } armed || unit.Statements.Count <= armed.Index)
            {
                _armed = null;
                return await database.Run(unit);
            }

            _armed = null;
            Happened = true;
            try
            {
                return await database.Run(unit with { Statements = [.. unit.Statements.Take(armed.Index), armed.Statement, .. unit.Statements.Skip(armed.Index)] });
            }
            catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.DivisionByZero)
            {
                throw new AskedFor();
            }
        }

        public Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row) => database.Query(query, row);

        public Task Settle(string? key) => database.Settle(key);
    }
}
