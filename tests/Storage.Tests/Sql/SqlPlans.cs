using System.Data.Common;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Sql;

/// <summary>A database that is asked for its plan of every query.</summary>
internal abstract class SqlPlans(ISqlDatabase database) : ISqlDatabase, IQueryPlans
{
    private readonly List<(string Plan, string Sql)> _plans = [];

    public ISqlDialect Dialect => database.Dialect;

    protected ISqlDatabase Database => database;

    public Task<UnitResult> Run(Unit unit) => database.Run(unit);

    public Task Settle(string? key) => database.Settle(key);

    public async Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row)
    {
        await Explain(query);
        return await database.Query(query, row);
    }

    /// <summary>Asks for the plan of a statement that is not run.</summary>
    public async Task Explain(Statement statement) => _plans.AddRange((await Steps(statement)).Select(step => (step, statement.Sql)));

    public Task AssertIndexed(bool sorts)
    {
        Assert.NotEmpty(_plans);
        foreach (var (plan, sql) in _plans)
        {
            Assert.False(Scans(plan), $"{sql}\n{plan}");
            Assert.False(!sorts && Sorts(plan), $"{sql}\n{plan}");
        }

        _plans.Clear();
        return Task.CompletedTask;
    }

    /// <summary>All plans since they were looked at last.</summary>
    public void AssertAll(Action<string> holds)
    {
        Assert.NotEmpty(_plans);
        Assert.All(_plans, plan => holds(plan.Plan));
        _plans.Clear();
    }

    protected abstract Task<IReadOnlyList<string>> Steps(Statement statement);

    protected abstract bool Scans(string plan);

    protected abstract bool Sorts(string plan);
}
