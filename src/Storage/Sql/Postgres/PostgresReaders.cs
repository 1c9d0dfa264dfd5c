using System.Data.Common;
using Loopwave.Deployment;
using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>
/// Reads on connections of the pool, each by a thread of its own: Npgsql holds the thread of a command that takes too long until it has
/// asked the server to cancel it, which takes as long again when the server hangs, and no thread that others need may wait for that. While all are at work
/// the next queries gather by themselves, and go to the server together: in one round trip, each with its own answer.
/// </summary>
internal sealed class PostgresReaders : IDisposable
{
    /// <summary>How many connections there are for reading.</summary>
    public const int Most = 8;

    // They wait for each other's answers.
    private const int MostTogether = 16;

    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresTexts _texts;
    private readonly DatabaseErrors _errors;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _patience;
    private readonly object _gate = new();
    private readonly Queue<WaitingRead> _waiting = [];
    private int _idle = Most;
    private bool _closed;
    private long _progressAt;

    public PostgresReaders(NpgsqlDataSource dataSource, PostgresTexts texts, DatabaseErrors errors, TimeProvider clock, TimeSpan patience)
    {
        (_dataSource, _texts, _errors, _clock, _patience) = (dataSource, texts, errors, clock, patience);
        _progressAt = clock.GetTimestamp();
        for (var number = 1; number <= Most; number++)
        {
            new Thread(Work) { IsBackground = true, Name = $"postgres reader {number}" }.Start();
        }
    }

    public async Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row)
    {
        var read = new WaitingRead<T>(query, row);
        lock (_gate)
        {
            if (_closed)
            {
                throw Closed();
            }

            _waiting.Enqueue(read);
            Monitor.Pulse(_gate);
        }

        return await Answer(read);
    }

    /// <summary>Those that wait are told. Threads that are at work end with it, and nobody waits for them.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
            while (_waiting.TryDequeue(out var read))
            {
                read.Fail(Closed());
            }
        }
    }

    private static StorageUnavailableException Closed() => new("Storage is closed.");

    // A long queue that moves is no failure; a database that hangs is one.
    private async Task<List<T>> Answer<T>(WaitingRead<T> read)
    {
        for (var (started, wait) = (_clock.GetTimestamp(), _patience); wait > TimeSpan.Zero;)
        {
            try
            {
                return await read.Result.WaitAsync(wait, _clock);
            }
            catch (TimeoutException)
            {
                wait = _patience - _clock.GetElapsedTime(Math.Max(started, Interlocked.Read(ref _progressAt)));
            }
        }

        read.Fail(_errors.Stuck());
        return await read.Result;
    }

    private void Work()
    {
        List<WaitingRead> reads = [];
        while (Next(reads))
        {
            Read(reads);
            lock (_gate)
            {
                _idle++;
            }
        }
    }

    // What gathered is shared with those who have nothing to do, so that as few as possible wait for each other's answers.
    private bool Next(List<WaitingRead> reads)
    {
        reads.Clear();
        lock (_gate)
        {
            while (!_closed)
            {
                var share = Math.Clamp((_waiting.Count + _idle - 1) / _idle, 1, MostTogether);
                while (reads.Count < share && _waiting.TryDequeue(out var read))
                {
                    if (!read.IsOver)
                    {
                        reads.Add(read);
                    }
                }

                if (reads.Count > 0)
                {
                    _idle--;
                    return true;
                }

                Monitor.Wait(_gate);
            }

            return false;
        }
    }

    private void Read(List<WaitingRead> reads)
    {
        try
        {
            ReadTogether(reads);
        }
        catch (PostgresException) when (reads.Count > 1)
        {
            // One of them is to blame, and the others are not to suffer for it.
            ReadEach(reads.FindAll(read => !read.IsOver));
        }
        catch (Exception error)
        {
            Fail(reads, error);
        }
    }

    private void ReadEach(List<WaitingRead> reads)
    {
        foreach (var read in reads)
        {
            try
            {
                ReadTogether([read]);
            }
            catch (Exception error)
            {
                Fail([read], error);
            }
        }
    }

    private void Fail(List<WaitingRead> reads, Exception error)
    {
        var told = error is ObjectDisposedException ? Closed() : _errors.IsUnavailable(error) ? _errors.Unavailable(error) : error;
        reads.ForEach(read => read.Fail(told));
    }

    private void ReadTogether(List<WaitingRead> reads)
    {
        try
        {
            Send(reads);
        }
        catch (NpgsqlException error) when (error.IsTransient && error.InnerException is not TimeoutException)
        {
            // The connection died while it waited in the pool, which has thrown away the others like it.
            Send(reads.FindAll(read => !read.IsOver));
        }
    }

    private void Send(List<WaitingRead> reads)
    {
        if (reads.Count == 0)
        {
            return;
        }

        using var connection = _dataSource.OpenConnection();
        using var batch = connection.CreateBatch();
        reads.ForEach(read => batch.BatchCommands.Add(_texts.Command(read.Query)));
        using var reader = batch.ExecuteReader();
        foreach (var read in reads)
        {
            read.Take(reader);
            reader.NextResult();
            Interlocked.Exchange(ref _progressAt, _clock.GetTimestamp());
        }
    }
}
