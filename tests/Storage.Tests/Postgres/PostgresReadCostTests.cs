using System.Text.Json;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Postgres;
using Loopwave.Storage.Tests.Sql;
using Npgsql;

namespace Loopwave.Storage.Tests.Postgres;

public sealed class PostgresReadCostTests : ReadCostTests
{
    // Given back to nobody: what the planner has learned here would mislead others.
    private readonly PostgresBackend _backend = Task.Run(async () =>
        PostgresBackend.Open(await TestServer.Get(), await TestServer.TakeDatabase(), isOwner: false)).GetAwaiter().GetResult();

    private readonly Plans _plans;

    public PostgresReadCostTests() => _plans = new Plans(_backend.Database, _backend.Server.ConnectionString(_backend.Name));

    private protected override ISqlDatabase Database => _backend.Database;

    private protected override ReadCosts Costs => _plans;

    protected override Task Learn() => _backend.Server.Execute("VACUUM ANALYZE", _backend.Name);

    public override ValueTask DisposeAsync() => _backend.DisposeAsync();

    /// <summary>Counts the rows that each node of a plan looked at, and the pages, since rows that an index passes over are not told.</summary>
    private sealed class Plans(ISqlDatabase database, string connectionString) : ReadCosts(database)
    {
        // What the server adds to the estimate of a plan for these values, for making it each time.
        private const double PlanningEstimate = 25;

        private readonly PostgresTexts _texts = new();

        protected override long Allowed(long rows) => 3 * rows;

        /// <summary>As it is planned for these values; or, where the server would come to do so, as it is planned once for all.</summary>
        protected override async Task<long> Measure(Statement query)
        {
            var own = await Plan(query, "force_custom_plan");
            var general = await Plan(query, "force_generic_plan");
            return general.Estimate < own.Estimate + PlanningEstimate ? Math.Max(own.Looked, general.Looked) : own.Looked;
        }

        private static long Looked(JsonElement node)
        {
            var looked = node.TryGetProperty("Relation Name", out _)
                ? (Number(node, "Actual Rows") + Number(node, "Rows Removed by Filter") + Number(node, "Rows Removed by Index Recheck")) * Number(node, "Actual Loops")
                : 0;
            return looked + (node.TryGetProperty("Plans", out var below) ? below.EnumerateArray().Sum(Looked) : 0);
        }

        private static long Number(JsonElement node, string name) => node.TryGetProperty(name, out var number) ? (long)Math.Ceiling(number.GetDouble()) : 0;

        private async Task<(double Estimate, long Looked)> Plan(Statement query, string planned)
        {
            await using var connection = new NpgsqlConnection($"{connectionString};Pooling=false;Options=-c plan_cache_mode={planned}");
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            if (Without is not null)
            {
                await using var drop = new NpgsqlCommand($"DROP INDEX {Without}", connection);
                await drop.ExecuteNonQueryAsync();
            }

            await using var explain = new NpgsqlBatch(connection)
            {
                BatchCommands = { _texts.Command(query with { Sql = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query.Sql }) },
            };
            using var plan = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync())!);
            var root = plan.RootElement[0].GetProperty("Plan");
            return (root.GetProperty("Total Cost").GetDouble(), Math.Max(Looked(root), Number(root, "Shared Hit Blocks") + Number(root, "Shared Read Blocks")));
        }
    }
}
