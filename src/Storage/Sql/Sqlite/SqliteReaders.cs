using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>A few connections for reading beside the writer. Each query runs away from the caller's thread, within a time limit.</summary>
internal sealed class SqliteReaders(SqliteConnections connections, SqliteErrors errors, TimeProvider clock, TimeSpan patience) : IDisposable
{
    private const int Most = 4;
    private readonly SemaphoreSlim _free = new(Most);
    private readonly ConcurrentBag<PreparedCommands> _idle = [];
    private long _progressAt = clock.GetTimestamp();

    public async Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row)
    {
        while (!await _free.WaitAsync(patience))
        {
            // A long queue that moves is no failure; a disk that hangs is one.
            if (clock.GetElapsedTime(Interlocked.Read(ref _progressAt)) >= patience)
            {
                throw errors.Stuck();
            }
        }

        var reading = Task.Run(() => Read(query, row));
        try
        {
            return await reading.WaitAsync(patience, clock);
        }
        catch (TimeoutException)
        {
            throw errors.Stuck();
        }
        catch (SqliteException error) when (SqliteErrors.IsUnavailable(error))
        {
            throw errors.Unavailable(error);
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var commands))
        {
            commands.Dispose();
        }
    }

    private List<T> Read<T>(Statement query, Func<DbDataReader, T> row)
    {
        PreparedCommands? commands = null;
        try
        {
            commands = _idle.TryTake(out var idle) ? idle : new PreparedCommands(connections.OpenReader());
            var rows = new List<T>();
            using (var reader = commands.Get(query).ExecuteReader())
            {
                while (reader.Read())
                {
                    rows.Add(row(reader));
                }
            }

            _idle.Add(commands);
            return rows;
        }
        catch
        {
            commands?.Dispose();
            throw;
        }
        finally
        {
            Interlocked.Exchange(ref _progressAt, clock.GetTimestamp());
            _free.Release();
        }
    }
}
