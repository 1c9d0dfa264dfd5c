using System.Data.Common;
using Loopwave.Storage.Sql;

namespace Loopwave.Storage.Tests.Sql;

/// <summary>A database that also tells what each query looked at.</summary>
internal abstract class ReadCosts(ISqlDatabase database) : ISqlDatabase
{
    private readonly List<(long Cost, string Sql)> _costs = [];

    public ISqlDialect Dialect => database.Dialect;

    /// <summary>An index that measured queries do without.</summary>
    public string? Without { get; set; }

    /// <summary>What is wrong with what the read looked at; null for nothing.</summary>
    /// <param name="rows">How many rows it may look at.</param>
    public async Task<string?> Problem(Func<Task> read, long rows)
    {
        _costs.Clear();
        await read();
        Assert.NotEmpty(_costs);
        return _costs.Sum(query => query.Cost) <= Allowed(rows)
            ? null
            : $"{string.Join('\n', _costs.Select(query => $"{query.Cost}: {query.Sql}"))}\nmore than {Allowed(rows)}";
    }

    public async Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row)
    {
        _costs.Add((await Measure(query), query.Sql));
        return await database.Query(query, row);
    }

    public Task<UnitResult> Run(Unit unit) => database.Run(unit);

    public Task Settle(string? key) => database.Settle(key);

    /// <summary>What may be measured for so many rows.</summary>
    protected abstract long Allowed(long rows);

    protected abstract Task<long> Measure(Statement query);
}
