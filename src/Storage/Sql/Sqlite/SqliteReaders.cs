using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>A few connections for reading beside the writer. Each query runs away from the caller's thread, within a time limit.</summary>
internal sealed class SqliteReaders(SqliteConnections connections, SqliteErrors errors, TimeProvider clock, TimeSpan patience) : IDisposable
{
    private const int Most = 4;
    private readonly Turns _turns = new(Most, patience, clock, errors);
    private readonly ConcurrentBag<PreparedCommands> _idle = [];

    public async Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row)
    {
        await _turns.Enter();
        var reading = Task.Run(() => Read(query, row));
        try
        {
            return await reading.WaitAsync(patience, clock);
        }
        catch (TimeoutException)
        {
            throw errors.Stuck();
        }
        catch (SqliteException error) when (SqliteErrors.IsOfTheDisk(error))
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
        var isDone = false;
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
            isDone = true;
            return rows;
        }
        catch
        {
            commands?.Dispose();
            throw;
        }
        finally
        {
            _turns.Leave(isDone);
        }
    }
}
