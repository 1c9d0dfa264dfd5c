using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Sql;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Loopwave.Storage.Tests.Sqlite;

public sealed class SqliteReadCostTests : ReadCostTests
{
    private readonly SqliteBackend _backend = new();
    private readonly Steps _steps;

    public SqliteReadCostTests() => _steps = new Steps(_backend.Database, _backend.DatabasePath);

    private protected override ISqlDatabase Database => _backend.Database;

    private protected override ReadCosts Costs => _steps;

    // As it runs: nobody has it gather statistics.
    protected override Task Learn() => Task.CompletedTask;

    public override ValueTask DisposeAsync() => _backend.DisposeAsync();

    /// <summary>Counts the steps of SQLite's machine, of which each row takes a few for each column that is looked at.</summary>
    private sealed class Steps(ISqlDatabase database, string path) : ReadCosts(database)
    {
        private const int StepsPerRow = 18;

        protected override long Allowed(long rows) => StepsPerRow * rows;

        protected override async Task<long> Measure(Statement query)
        {
            await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
            await connection.OpenAsync();
            await using var transaction = connection.BeginTransaction(deferred: Without is null);
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            if (Without is not null)
            {
                command.CommandText = $"DROP INDEX {Without}";
                await command.ExecuteNonQueryAsync();
            }

            command.CommandText = query.Sql;
            command.Parameters.AddRange(query.Parameters.Select(parameter => new SqliteParameter(parameter.Name, parameter.Value ?? DBNull.Value)));
            var steps = 0L;
            raw.sqlite3_progress_handler(connection.Handle, 1, _ => { steps++; return 0; }, null);
            await using (var rows = await command.ExecuteReaderAsync())
            {
                while (await rows.ReadAsync())
                {
                }
            }

            raw.sqlite3_progress_handler(connection.Handle, 0, null, null);
            await transaction.RollbackAsync();
            return steps;
        }
    }
}
