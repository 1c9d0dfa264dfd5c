using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Storage.Tests.Sql;

namespace Loopwave.Storage.Tests.Sqlite;

public sealed class SqliteQueryPlanTests : QueryPlanTests
{
    private readonly SqliteBackend _backend = new();
    private readonly SqlitePlans _plans;

    public SqliteQueryPlanTests()
    {
        _plans = new SqlitePlans(_backend.Database);
        Planned = SqlPorts.On(_plans, _backend.Clock);
    }

    protected override StorePorts Planned { get; }

    protected override IQueryPlans Plans => _plans;

    public override ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Whether_a_phone_is_linked_already_is_looked_up_by_the_phone()
    {
        await Ports.Numbers.LinkedElsewhere("n", EngineKind.Sandbox, "1");
        _plans.AssertAll(step => Assert.Contains("number_phone", step));
    }

    [Fact]
    public async Task Started_numbers_are_looked_up_by_their_id()
    {
        await Ports.Numbers.Started(NumberRange.OfShard(7), Stop).ToListAsync(Stop);
        _plans.AssertAll(step => Assert.True(
            !step.StartsWith("SEARCH number ", StringComparison.Ordinal) || step.EndsWith("(id>? AND id<?)", StringComparison.Ordinal), step));
    }

    private sealed class SqlitePlans(ISqlDatabase database) : SqlPlans(database)
    {
        protected override async Task<IReadOnlyList<string>> Steps(Statement statement) =>
            await Database.Query(new Statement("EXPLAIN QUERY PLAN " + statement.Sql, statement.Parameters), step => step.GetString(3));

        // Lists of values, the rows of a subquery and a constant are no tables of ours.
        protected override bool Scans(string plan) => plan.StartsWith("SCAN", StringComparison.Ordinal)
            && !plan.Contains("USING") && !plan.Contains("VIRTUAL TABLE")
            && !plan.Contains("CONSTANT") && !plan.Contains("SUBQUERY") && !plan.Contains("parts") && !plan.Contains("(subquery") && plan != "SCAN files";

        protected override bool Sorts(string plan) => plan.Contains("TEMP B-TREE FOR ORDER");
    }
}
