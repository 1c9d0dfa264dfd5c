using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Sqlite;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Storage.Tests.Sql;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loopwave.Storage.Tests.Sqlite;

/// <summary>SQLite in a directory of its own.</summary>
public sealed class SqliteBackend : Backend
{
    private readonly Faults _faults = new();
    private readonly SqliteDatabase _database;

    public SqliteBackend(bool singleProcess = true, string? directory = null, TimeSpan? patience = null)
    {
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("loopwave-").FullName;
        var options = new SqliteDatabaseOptions(DatabasePath)
        {
            SingleProcess = singleProcess, Faults = _faults, MaxPages = () => MaxPages, Patience = patience ?? TimeSpan.FromSeconds(30),
        };
        _database = new SqliteDatabase(options, NullLogger.Instance);
        Ports = SqlPorts.On(_database, Clock);
    }

    public string Directory { get; }

    public string DatabasePath => Path.Combine(Directory, "loopwave.db");

    /// <summary>Set to fill the disk, as far as the database can tell; takes effect when the writer connects again.</summary>
    public int? MaxPages { get; set; }

    internal ISqlDatabase Database => _database;

    internal Faults Writes => _faults;

    public override StorePorts Ports { get; }

    public override bool Failed => _faults.Happened;

    public override Task<IReadOnlyList<OutboxEvent>> Outbox(string number) => SqlPorts.Outbox(_database, number);

    public override void FailBeforeWrite(int index) => _faults.Arm(index, () => throw new AskedFor());

    public override async Task<Backend?> CutBeforeWrite(int index, Func<Task> unit)
    {
        string? copy = null;
        _faults.Arm(index, () => copy = Copy());
        await unit();
        return copy is null ? null : new SqliteBackend(directory: copy);
    }

    public override Task ExpireLease(string incarnation) => SqlPorts.ExpireLease(_database, incarnation);

    public override Task RemoveLease(string incarnation) => SqlPorts.RemoveLease(_database, incarnation);

    /// <summary>Everything that is on disk at this moment, in a directory of its own.</summary>
    public string Copy()
    {
        var copy = System.IO.Directory.CreateTempSubdirectory("loopwave-").FullName;
        foreach (var file in System.IO.Directory.GetFiles(Directory, "loopwave.db*").Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }

    public override ValueTask DisposeAsync()
    {
        _database.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Does something in front of one write of the next unit, once.</summary>
    internal sealed class Faults : IUnitFaults
    {
        private int _index;
        private Action? _action;
        private Unit? _unit;

        public bool Happened { get; private set; }

        /// <summary>Called between the last write of a batch and its commit, and right after the commit.</summary>
        public Action? OnCommitting { get; set; }

        public Action? OnCommitted { get; set; }

        public void Arm(int index, Action action)
        {
            (_index, _action, _unit, Happened) = (index, action, null, false);
        }

        public void BeforeStatement(Unit unit, int index)
        {
            if (_action is not { } action || (_unit ??= unit) != unit || index != _index)
            {
                return;
            }

            _action = null;
            Happened = true;
            action();
        }

        public void BeforeCommit() => OnCommitting?.Invoke();

        public void AfterCommit() => OnCommitted?.Invoke();
    }
}
