using System.Collections.Concurrent;
using Loopwave.Deployment;
using Loopwave.Numbers;
using Microsoft.Data.Sqlite;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>
/// The only writer of the database: one thread that takes the units waiting, runs them in one transaction and commits
/// once for all of them. Each unit has a savepoint of its own, so what one is refused for never touches the others.
/// When the disk fails, the whole batch fails and the next one starts over on a new connection.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private const int MostUnitsPerCommit = 512;

    // Far more than callers with time limits can have waiting; it only keeps memory bounded while a disk hangs.
    private const int MostWaiting = 131_072;

    private readonly BlockingCollection<WaitingUnit> _waiting = new(MostWaiting);
    private readonly SqliteConnections _connections;
    private readonly SqliteErrors _errors;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _patience;
    private readonly IUnitFaults? _faults;
    private readonly Thread _thread;
    private PreparedCommands? _commands;
    private long _progressAt;

    public SqliteWriter(SqliteConnections connections, SqliteErrors errors, TimeProvider clock, TimeSpan patience, IUnitFaults? faults)
    {
        (_connections, _errors, _clock, _patience, _faults) = (connections, errors, clock, patience, faults);
        _commands = new PreparedCommands(connections.OpenWriter());
        _progressAt = clock.GetTimestamp();
        _thread = new Thread(Work) { IsBackground = true, Name = "sqlite writer" };
        _thread.Start();
    }

    /// <summary>Queues a unit. Fails when the writer gets nothing done for longer than the time limit, however long the queue is.</summary>
    public async Task<UnitResult> Run(Unit unit)
    {
        var waiting = new WaitingUnit(unit);
        if (unit.Lane is { IsBroken: true })
        {
            throw AfterFailure();
        }

        if (!TryAdd(waiting))
        {
            unit.Lane?.Break();
            throw _errors.Stuck();
        }

        var started = _clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await waiting.Result.WaitAsync(_patience, _clock);
            }
            catch (TimeoutException)
            {
                // A long queue that moves is no failure; a disk that hangs is one.
                if (_clock.GetElapsedTime(Math.Max(started, Interlocked.Read(ref _progressAt))) >= _patience)
                {
                    break;
                }
            }
        }

        return await GiveUp(waiting);
    }

    /// <summary>
    /// Waits until everything given before is decided. A lane can be known to be broken while an earlier unit of it is
    /// still to be committed; only after this does a read say what will be there.
    /// </summary>
    public Task Settle() => Run(new Unit([]));

    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread.Join();
        _waiting.Dispose();
    }

    private bool TryAdd(WaitingUnit waiting)
    {
        try
        {
            return _waiting.TryAdd(waiting);
        }
        catch (InvalidOperationException error)
        {
            throw new StorageUnavailableException("Storage is closed.", error);
        }
    }

    // Broken before the caller hears of it, so that nothing given afterwards can build on what may be lost.
    private Task<UnitResult> GiveUp(WaitingUnit waiting)
    {
        waiting.Unit.Lane?.Break();
        if (waiting.TryAbandon())
        {
            throw _errors.Stuck();
        }

        if (waiting.Result.IsCompleted)
        {
            return waiting.Result;
        }

        // It is being written, and may yet be committed: see Settle.
        throw _errors.Stuck();
    }

    private void Work()
    {
        var batch = new List<WaitingUnit>(MostUnitsPerCommit);
        while (_waiting.TryTake(out var first, Timeout.Infinite))
        {
            Interlocked.Exchange(ref _progressAt, _clock.GetTimestamp());
            for (var unit = first; unit is not null; unit = batch.Count < MostUnitsPerCommit && _waiting.TryTake(out var next) ? next : null)
            {
                if (unit.TryStart())
                {
                    batch.Add(unit);
                }
            }

            Write(batch);
            batch.Clear();
            Interlocked.Exchange(ref _progressAt, _clock.GetTimestamp());
        }

        Close();
    }

    private void Write(List<WaitingUnit> batch)
    {
        try
        {
            if (batch.Exists(waiting => waiting.Unit.Statements.Count > 0))
            {
                Commit(batch);
            }
        }
        catch (Exception error)
        {
            // After a failing disk nothing of the connection's state is trusted; closing it rolls back what is open.
            Close();
            Fail(batch, SqliteErrors.IsUnavailable(error) ? _errors.Unavailable(error) : error);
            return;
        }

        _faults?.AfterCommit();
        foreach (var waiting in batch)
        {
            waiting.Complete();
        }
    }

    private void Commit(List<WaitingUnit> batch)
    {
        _commands ??= new PreparedCommands(_connections.OpenWriter());
        _commands.Execute("BEGIN IMMEDIATE");
        foreach (var waiting in batch)
        {
            Apply(waiting);
        }

        _faults?.BeforeCommit();
        _commands.Execute("COMMIT");
    }

    private void Apply(WaitingUnit waiting)
    {
        if (waiting.Unit.Statements.Count == 0)
        {
            return;
        }

        if (waiting.Unit.Lane is { IsBroken: true })
        {
            waiting.Outcome = AfterFailure();
            return;
        }

        _commands!.Execute("SAVEPOINT unit");
        try
        {
            var result = RunStatements(waiting.Unit);
            waiting.Outcome = result;
            if (result.Committed)
            {
                _commands.Execute("RELEASE unit");
                return;
            }
        }
        catch (Exception error) when (!SqliteErrors.IsUnavailable(error))
        {
            waiting.Outcome = error;
        }

        _commands.Execute("ROLLBACK TO unit");
        _commands.Execute("RELEASE unit");
        waiting.Unit.Lane?.Break();
    }

    private UnitResult RunStatements(Unit unit)
    {
        object? value = null;
        for (var i = 0; i < unit.Statements.Count; i++)
        {
            var statement = unit.Statements[i];
            _faults?.BeforeStatement(unit, i);
            try
            {
                var command = _commands!.Get(statement);
                int rows;
                if (statement.Returns)
                {
                    value = command.ExecuteScalar();
                    rows = value is null ? 0 : 1;
                }
                else
                {
                    rows = command.ExecuteNonQuery();
                }

                if (statement.Guard is not null && rows != 1)
                {
                    return new UnitResult(statement.Guard.Miss
                        ?? throw new InvalidOperationException($"A statement changed {rows} rows instead of one: {statement.Sql}"));
                }
            }
            catch (SqliteException error) when (statement.Guard?.Miss is { } miss && SqliteErrors.IsUniqueViolation(error))
            {
                return new UnitResult(miss);
            }
        }

        return new UnitResult(CommitResult.Committed, value is DBNull ? null : value);
    }

    private static void Fail(List<WaitingUnit> batch, Exception error)
    {
        foreach (var waiting in batch)
        {
            waiting.Unit.Lane?.Break();
        }

        foreach (var waiting in batch)
        {
            waiting.Outcome = error;
            waiting.Complete();
        }
    }

    private void Close()
    {
        var commands = _commands;
        _commands = null;
        try
        {
            commands?.Dispose();
        }
        catch (SqliteException)
        {
            // A disk that fails can fail at closing too; the next connection starts afresh either way.
        }
    }

    private static StorageUnavailableException AfterFailure() =>
        new("Storage is not available: an earlier write of this number failed.");

    /// <summary>A unit, and the caller who waits for it.</summary>
    private sealed class WaitingUnit(Unit unit)
    {
        private const int Queued = 0;
        private const int Started = 1;
        private const int Abandoned = 2;

        private readonly TaskCompletionSource<UnitResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _state;

        public Unit Unit => unit;

        public Task<UnitResult> Result => _result.Task;

        /// <summary>A <see cref="UnitResult"/>, or the exception it failed with; told only after the commit.</summary>
        public object Outcome { get; set; } = new UnitResult(CommitResult.Committed);

        public bool TryStart() => Interlocked.CompareExchange(ref _state, Started, Queued) == Queued;

        public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Queued) == Queued;

        public void Complete()
        {
            if (Outcome is Exception error)
            {
                _result.SetException(error);
            }
            else
            {
                _result.SetResult((UnitResult)Outcome);
            }
        }
    }
}
