using Loopwave.Deployment;

namespace Loopwave.Storage.Sql;

/// <summary>Runs units of work on a connection of its own. Used by one thread at a time.</summary>
internal interface IUnitRunner : IDisposable
{
    /// <summary>
    /// Commits what can be committed and says of each unit how it ended, apart from those that were told already. When it
    /// throws, none of the others may be taken for committed.
    /// </summary>
    void Commit(List<WaitingUnit> units);

    /// <summary>Something failed: nothing of the connection's state is trusted any more.</summary>
    void Reset();
}

/// <summary>
/// One thread that takes the units waiting, has them run in one transaction and answers their callers once they are
/// durable: while one commit is under way the next ones gather by themselves. When storage fails, the whole batch fails
/// and the next one starts over.
/// </summary>
internal sealed class UnitWriter : IDisposable
{
    // Far more than callers with time limits can have waiting; it only keeps memory bounded while a disk hangs.
    private const int MostWaiting = 131_072;

    private readonly WaitingUnits _waiting = new(MostWaiting);
    private readonly IUnitRunner _runner;
    private readonly DatabaseErrors _errors;
    private readonly TimeProvider _clock;
    private readonly UnitWriterOptions _options;
    private readonly Thread _thread;
    private long _progressAt;
    private int _outages;

    public UnitWriter(IUnitRunner runner, DatabaseErrors errors, TimeProvider clock, UnitWriterOptions options)
    {
        (_runner, _errors, _clock, _options) = (runner, errors, clock, options);
        _progressAt = clock.GetTimestamp();
        _thread = new Thread(Work) { IsBackground = true, Name = options.Name };
        _thread.Start();
    }

    /// <summary>Queues a unit. Fails when the writer gets nothing done for longer than the time limit, however long the queue is.</summary>
    public async Task<UnitResult> Run(Unit unit)
    {
        var waiting = new WaitingUnit(unit);
        if (unit.Lane is { IsBroken: true })
        {
            throw BehindException.Refusal();
        }

        if (!TryAdd(waiting))
        {
            unit.Lane?.Break();
            throw _errors.Stuck();
        }

        var started = _clock.GetTimestamp();
        var wait = _options.Patience;
        while (wait > TimeSpan.Zero)
        {
            try
            {
                return await waiting.Result.WaitAsync(wait, _clock);
            }
            catch (TimeoutException)
            {
                // A long queue that moves is no failure; a disk that hangs is one.
                wait = _options.Patience - _clock.GetElapsedTime(Math.Max(started, Interlocked.Read(ref _progressAt)));
            }
        }

        return await GiveUp(waiting);
    }

    /// <summary>
    /// Waits until everything given before with a key is decided; at once when it is. A lane can be known to be broken while an earlier unit of it is
    /// still to be committed; only after this does a read say what will be there. Fails when storage could not be had for what was
    /// waited for: the read would wait for it once more, and the caller twice as long as it may.
    /// </summary>
    /// <param name="key">Null for everything, whatever its key.</param>
    public Task Settle(string? key) => key is null || _waiting.AnyUndecided(key) ? Settle() : Task.CompletedTask;

    public void Dispose()
    {
        _waiting.Close();
        _thread.Join();
    }

    private async Task Settle()
    {
        var before = Volatile.Read(ref _outages);
        await Run(new Unit([]));
        if (Volatile.Read(ref _outages) != before)
        {
            throw _errors.Stuck();
        }
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
        var batch = new List<WaitingUnit>(_options.MostUnitsPerCommit);
        while (_waiting.Take(batch, _options.MostUnitsPerCommit))
        {
            batch.RemoveAll(WasAbandoned);
            if (Write(batch))
            {
                Interlocked.Exchange(ref _progressAt, _clock.GetTimestamp());
            }

            batch.Clear();
        }

        _runner.Dispose();
    }

    private bool WasAbandoned(WaitingUnit unit)
    {
        if (unit.TryStart())
        {
            return false;
        }

        _waiting.Decided([unit]);
        return true;
    }

    // Whether something got done; a database that hangs makes no progress by failing, nor by not being asked.
    private bool Write(List<WaitingUnit> batch)
    {
        var writing = batch.FindAll(waiting => waiting.Unit.Statements.Count > 0);
        try
        {
            if (writing.Count > 0)
            {
                _runner.Commit(writing);
            }
        }
        catch (Exception error)
        {
            _runner.Reset();
            var isOutage = _errors.IsUnavailable(error);
            Interlocked.Add(ref _outages, isOutage ? 1 : 0);
            Fail(batch, isOutage ? _errors.Unavailable(error) : error);
            return false;
        }

        _options.Faults?.AfterCommit();
        _waiting.Decided(batch);
        batch.ForEach(waiting => waiting.Complete());
        return writing.Count > 0;
    }

    // All lanes first: a caller who hears of it may give the next unit at once.
    private void Fail(List<WaitingUnit> batch, Exception error)
    {
        var untold = batch.FindAll(waiting => !waiting.Result.IsCompleted);
        untold.ForEach(waiting => waiting.Refused(error));
        _waiting.Decided(batch);
        untold.ForEach(waiting => waiting.Complete());
    }
}

/// <param name="Name">Of the thread.</param>
/// <param name="Patience">How long nothing may get done before callers are told.</param>
internal sealed record UnitWriterOptions(string Name, TimeSpan Patience, int MostUnitsPerCommit = 512, IUnitFaults? Faults = null);
