using Loopwave.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace Loopwave.Testing;

/// <summary>A disk in the test's hands: it fails the writes the test names, until it is told to work again.</summary>
public sealed class StorageFaults : IUnitFaults
{
    private const int DiskFull = 13;

    private readonly ManualResetEventSlim _goOn = new(true);
    private volatile Func<string, bool>? _fails;
    private volatile Func<string, bool>? _hangs;
    private TaskCompletionSource _happened = new();

    /// <summary>Completes once a write failed or hung.</summary>
    public Task Happened => _happened.Task.WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>Every write fails.</summary>
    public void Fail() => Fail(_ => true);

    /// <summary>Writes fail whose statement's text holds these words, such as <c>INTO message</c>; so many of them go through first.</summary>
    public void Fail(string words, int butFirst = 0)
    {
        var seen = 0;
        Fail(sql => sql.Contains(words, StringComparison.Ordinal) && Interlocked.Increment(ref seen) > butFirst);
    }

    /// <summary>The disk takes a write with these words, and does not answer until it works again.</summary>
    public void Hang(string words)
    {
        _happened = new TaskCompletionSource();
        _goOn.Reset();
        _hangs = sql => sql.Contains(words, StringComparison.Ordinal);
    }

    public void Work()
    {
        _fails = null;
        _hangs = null;
        _goOn.Set();
    }

    private void Fail(Func<string, bool> fails)
    {
        _happened = new TaskCompletionSource();
        _fails = fails;
    }

    void IUnitFaults.BeforeStatement(Unit unit, int index)
    {
        var sql = unit.Statements[index].Sql;
        if (_hangs?.Invoke(sql) is true)
        {
            _hangs = null;
            _happened.TrySetResult();
            _goOn.Wait();
        }

        if (_fails?.Invoke(sql) is true)
        {
            _happened.TrySetResult();
            throw new SqliteException("The disk is full, says the test.", DiskFull);
        }
    }

    void IUnitFaults.BeforeCommit()
    {
    }

    void IUnitFaults.AfterCommit()
    {
    }
}
