using Loopwave.Sandbox;
using Loopwave.Storage.Sql;

namespace Loopwave.Storage.Sandbox;

/// <summary>
/// The record of the simulated network beside everything else in the database that all silos share. Each process draws every
/// so-manieth order, so no two draw the same, and goes on above what a number had elsewhere when it loads the number.
/// </summary>
internal sealed class PostgresSandboxRecord(ISqlDatabase database) : SqlSandboxRecord(database, Prefix)
{
    private const string Prefix = "sandbox_";

    // More than processes that can be alive at once.
    private const int Processes = 4096;

    public override async Task<SandboxOrders> Begin(DateTimeOffset at)
    {
        var process = await _database.Run(new Unit([new Statement($"SELECT nextval('{Prefix}process')").Returning()]));
        return new SandboxOrders((long)process.Value! % Processes, Processes);
    }

    private protected override async Task<long> Highest(string number) => (await _database.Query(
        new Statement(
            $"""
            SELECT coalesce(greatest(
                (SELECT max(ord) FROM {Prefix}sent WHERE number = @number), (SELECT max(ord) FROM {Prefix}repeat WHERE number = @number),
                (SELECT max(ord) FROM {Prefix}mail WHERE number = @number), (SELECT max(id) FROM {Prefix}connection WHERE number = @number),
                (SELECT max(end_ord) FROM {Prefix}connection WHERE number = @number)), 0)
            """,
            ("@number", number)),
        row => row.GetInt64(0))).Single();
}
