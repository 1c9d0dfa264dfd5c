using Loopwave.Deployment;
using Microsoft.Data.Sqlite;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>
/// The only writer of the database: one thread that takes the units waiting, runs them in one transaction
/// (<see cref="SqliteBatch"/>) and commits once for all of them. When the disk fails, the whole batch fails and the next
/// one starts over on a new connection.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private const int MostUnitsPerCommit = 512;

    // Far more than callers with time limits can have waiting; it only keeps memory bounded while a disk hangs.
    private const int MostWaiting = 131_072;

    private readonly WaitingUnits _waiting = new(MostWaiting);
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
            throw SqliteBatch.AfterFailure();
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
        _waiting.Close();
        _thread.Join();
    }

    private bool TryAdd(WaitingUnit waiting)
    {
        try
        {
            return _waiting.TryAdd(waiting);
        }
        catch (ObjectDisposedException error)
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
        while (_waiting.Take(batch, MostUnitsPerCommit))
        {
            Interlocked.Exchange(ref _progressAt, _clock.GetTimestamp());
            batch.RemoveAll(unit => !unit.TryStart());
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
            if (batch.FindAll(waiting => waiting.Unit.Statements.Count > 0) is { Count: > 0 } writing)
            {
                _commands ??= new PreparedCommands(_connections.OpenWriter());
                new SqliteBatch(_commands, _faults).Commit(writing);
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
        batch.ForEach(waiting => waiting.Complete());
    }

    // All lanes first: a caller who hears of it may give the next unit at once.
    private static void Fail(List<WaitingUnit> batch, Exception error)
    {
        batch.ForEach(waiting => waiting.Refused(error));
        batch.ForEach(waiting => waiting.Complete());
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
}
