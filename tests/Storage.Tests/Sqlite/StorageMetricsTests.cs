using Loopwave.Deployment;
using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Sqlite;
using Loopwave.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loopwave.Storage.Tests.Sqlite;

public sealed class StorageMetricsTests : IDisposable
{
    // No other test's, which run beside this one.
    private const string Backend = "metrics-test";
    private const string BehindBackend = "metrics-test-behind";

    private readonly string _folder = Directory.CreateTempSubdirectory("loopwave-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_given_behind_a_refused_unit_of_its_lane_is_no_failure()
    {
        using var measured = new Measurements(host: null);
        using (var database = new SqliteDatabase(new SqliteDatabaseOptions(Path.Combine(_folder, "loopwave.db")) { Backend = BehindBackend }, NullLogger.Instance))
        {
            var lane = new CommitLane();
            var refused = database.Run(new Unit([new Statement("UPDATE silo SET drain = 1 WHERE address = 'nobody'").OrElse(CommitResult.Duplicate)], Lane: lane));
            var behind = database.Run(Later());
            Assert.Equal(CommitResult.Duplicate, (await refused).Result);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => behind);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => database.Run(Later()));

            Unit Later() => new([new Statement("UPDATE silo SET drain = 1")], Lane: lane);
        }

        Assert.Equal(Enumerable.Repeat("operation=commit,outcome=refused", 3), Of(measured, BehindBackend).Select(one => one.Outcome));
    }

    [Fact]
    public async Task What_the_database_is_asked_is_measured_with_how_it_ended()
    {
        using var measured = new Measurements(host: null);
        using (var database = new SqliteDatabase(new SqliteDatabaseOptions(Path.Combine(_folder, "loopwave.db")) { Backend = Backend }, NullLogger.Instance))
        {
            await database.Run(new Unit([new Statement("INSERT INTO silo (address, report, drain, expires_at) VALUES ('a', '{}', 0, 0)")]));
            await database.Run(new Unit([new Statement("UPDATE silo SET drain = 1 WHERE address = 'nobody'").OrElse(CommitResult.StaleEpoch)]));
            await Assert.ThrowsAnyAsync<Exception>(() => database.Run(new Unit([new Statement("UPDATE nowhere SET x = 1")])));
            await database.Settle("");
            await database.Query(new Statement("SELECT 1"), row => row.GetInt64(0));
            await Assert.ThrowsAnyAsync<Exception>(() => database.Query(new Statement("SELECT x FROM nowhere"), row => row.GetInt64(0)));
        }

        var ours = Of(measured, Backend);
        Assert.Equal(
            ["operation=commit,outcome=done", "operation=commit,outcome=refused", "operation=commit,outcome=failed", "operation=query,outcome=done", "operation=query,outcome=failed"],
            ours.Select(one => one.Outcome));
        Assert.All(ours, one => Assert.InRange(one.Seconds, double.Epsilon, 60));
    }

    private static List<(string Outcome, double Seconds)> Of(Measurements measured, string backend) =>
        [.. measured.Of("loopwave_storage_latency_seconds")
            .Where(one => one.Labels.StartsWith($"backend={backend},", StringComparison.Ordinal))
            .Select(one => (one.Labels[(one.Labels.IndexOf(',', StringComparison.Ordinal) + 1)..], one.Value))];
}
