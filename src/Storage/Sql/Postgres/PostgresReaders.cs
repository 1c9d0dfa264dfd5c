using System.Data.Common;
using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>
/// Reads on connections of the pool, away from the caller's thread and within a time limit. While all connections are at work the
/// next queries gather by themselves, and go to the server together: in one round trip, each with its own answer.
/// </summary>
internal sealed class PostgresReaders(NpgsqlDataSource dataSource, PostgresTexts texts, DatabaseErrors errors, TimeProvider clock, TimeSpan patience)
{
    /// <summary>How many connections there are for reading.</summary>
    public const int Most = 8;

    // They wait for each other's answers.
    private const int MostTogether = 16;

    private readonly Lock _gate = new();
    private readonly Queue<WaitingRead> _waiting = [];
    private int _atWork;
    private long _progressAt = clock.GetTimestamp();

    public async Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row)
    {
        var read = new WaitingRead<T>(query, row);
        if (MustWait(read))
        {
            return await Answer(read);
        }

        _ = Task.Run(() => Work([read]));
        return await read.Result;
    }

    private bool MustWait(WaitingRead read)
    {
        lock (_gate)
        {
            if (_atWork < Most)
            {
                _atWork++;
                return false;
            }

            _waiting.Enqueue(read);
            return true;
        }
    }

    // A long queue that moves is no failure; a database that hangs is one.
    private async Task<List<T>> Answer<T>(WaitingRead<T> read)
    {
        for (var (started, wait) = (clock.GetTimestamp(), patience); wait > TimeSpan.Zero;)
        {
            try
            {
                return await read.Result.WaitAsync(wait, clock);
            }
            catch (TimeoutException)
            {
                wait = patience - clock.GetElapsedTime(Math.Max(started, Interlocked.Read(ref _progressAt)));
            }
        }

        read.Fail(errors.Stuck());
        return await read.Result;
    }

    /// <summary>One connection's work, for as long as there is some.</summary>
    private async Task Work(List<WaitingRead> reads)
    {
        do
        {
            var reading = Read(reads);
            try
            {
                await reading.WaitAsync(patience, clock);
            }
            catch (TimeoutException)
            {
                var stuck = errors.Stuck();
                reads.ForEach(read => read.Fail(stuck));
                await reading;
            }
        }
        while (Next(reads));
    }

    private bool Next(List<WaitingRead> reads)
    {
        reads.Clear();
        lock (_gate)
        {
            while (reads.Count < MostTogether && _waiting.TryDequeue(out var read))
            {
                if (!read.IsOver)
                {
                    reads.Add(read);
                }
            }

            _atWork -= reads.Count == 0 ? 1 : 0;
        }

        return reads.Count > 0;
    }

    private async Task Read(List<WaitingRead> reads)
    {
        try
        {
            await ReadTogether(reads);
        }
        catch (PostgresException) when (reads.Count > 1)
        {
            // One of them is to blame, and the others are not to suffer for it.
            await ReadEach(reads.FindAll(read => !read.IsOver));
        }
        catch (Exception error)
        {
            Fail(reads, error);
        }
    }

    private async Task ReadEach(List<WaitingRead> reads)
    {
        foreach (var read in reads)
        {
            try
            {
                await ReadTogether([read]);
            }
            catch (Exception error)
            {
                Fail([read], error);
            }
        }
    }

    private void Fail(List<WaitingRead> reads, Exception error)
    {
        var told = errors.IsUnavailable(error) ? errors.Unavailable(error) : error;
        reads.ForEach(read => read.Fail(told));
    }

    private async Task ReadTogether(List<WaitingRead> reads)
    {
        try
        {
            await Send(reads);
        }
        catch (NpgsqlException error) when (error.IsTransient && error.InnerException is not TimeoutException)
        {
            // The connection died while it waited in the pool, which has thrown away the others like it.
            await Send(reads.FindAll(read => !read.IsOver));
        }
    }

    private async Task Send(List<WaitingRead> reads)
    {
        if (reads.Count == 0)
        {
            return;
        }

        await using var connection = await dataSource.OpenConnectionAsync();
        await using var batch = connection.CreateBatch();
        reads.ForEach(read => batch.BatchCommands.Add(texts.Command(read.Query)));
        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var read in reads)
        {
            await read.Take(reader);
            await reader.NextResultAsync();
            Interlocked.Exchange(ref _progressAt, clock.GetTimestamp());
        }
    }
}
