using System.Data.Common;
using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>Reads on connections of the pool, away from the caller's thread and within a time limit.</summary>
internal sealed class PostgresReaders(NpgsqlDataSource dataSource, PostgresTexts texts, DatabaseErrors errors, TimeProvider clock, TimeSpan patience)
{
    /// <summary>How many connections there are for reading.</summary>
    public const int Most = 8;

    private readonly Turns _turns = new(Most, patience, clock, errors);

    public async Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row)
    {
        await _turns.Enter();
        try
        {
            return await Task.Run(() => ReadInTurn(query, row)).WaitAsync(patience, clock);
        }
        catch (TimeoutException)
        {
            throw errors.Stuck();
        }
        catch (Exception error) when (errors.IsUnavailable(error))
        {
            throw errors.Unavailable(error);
        }
    }

    private async Task<List<T>> ReadInTurn<T>(Statement query, Func<DbDataReader, T> row)
    {
        var isDone = false;
        try
        {
            var rows = await ReadAgain(query, row);
            isDone = true;
            return rows;
        }
        finally
        {
            _turns.Leave(isDone);
        }
    }

    private async Task<List<T>> ReadAgain<T>(Statement query, Func<DbDataReader, T> row)
    {
        try
        {
            return await Read(query, row);
        }
        catch (NpgsqlException error) when (error.IsTransient && error.InnerException is not TimeoutException)
        {
            // The connection died while it waited in the pool, which has thrown away the others like it.
            return await Read(query, row);
        }
    }

    private async Task<List<T>> Read<T>(Statement query, Func<DbDataReader, T> row)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var command = texts.Command(query, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(row(reader));
        }

        return rows;
    }
}
