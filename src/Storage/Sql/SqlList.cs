using System.Text;

namespace Loopwave.Storage.Sql;

/// <summary>
/// One page of a list of documents, sorted by a column of times and then the id. A page begins where the one before
/// ended, by value and not by count, so what is inserted or deleted meanwhile shifts nothing.
/// </summary>
internal sealed class SqlList(string name, string table, string columns)
{
    private const int MostBranches = 50;

    private readonly List<string> _conditions = [];
    private readonly List<(string Name, object? Value)> _parameters = [];
    private readonly StringBuilder _identity = new(name);
    private IReadOnlyList<string> _branches = [""];

    public required string SortBy { get; set; }

    public required bool NewestFirst { get; set; }

    /// <summary>Narrows the list. Parameters become part of what a cursor belongs to.</summary>
    public SqlList Where(string condition, params (string Name, object? Value)[] parameters)
    {
        _conditions.Add(condition);
        _identity.Append('\n').Append(condition);
        foreach (var parameter in parameters)
        {
            _parameters.Add(parameter);
            _identity.Append('\n').Append(parameter.Value);
        }

        return this;
    }

    /// <summary>
    /// Rows with any of these values in a column. Each value is looked up on its own and the results are merged, so that
    /// each follows its index and stops at the limit; with very many values that would cost more than it saves.
    /// </summary>
    public SqlList WhereEither(string column, IReadOnlyCollection<string> values)
    {
        var names = values.Select((_, i) => "@either" + i).ToList();
        _branches = values.Count <= MostBranches
            ? names.Select(parameter => $"{column} = {parameter}").ToList()
            : [$"{column} IN ({string.Join(", ", names)})"];
        foreach (var (value, i) in values.Select((value, i) => (value, i)))
        {
            _parameters.Add(("@either" + i, value));
            _identity.Append('\n').Append(value);
        }

        return this;
    }

    /// <summary>Only what changed after this time, in the order of the changes.</summary>
    public SqlList UpdatedAfter(string column, DateTimeOffset? after)
    {
        if (after is not { } time)
        {
            return this;
        }

        SortBy = column;
        NewestFirst = false;
        return Where($"{column} > @after", ("@after", Rows.Ticks(time)));
    }

    /// <param name="database">Where the rows are.</param>
    /// <param name="page">Which page.</param>
    /// <param name="row">Reads the list's columns, which begin at the third.</param>
    public async Task<Page<T>> Page<T>(ISqlDatabase database, PageRequest page, Func<System.Data.Common.DbDataReader, T> row)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(page.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(page.Limit, 200);
        var identity = _identity.ToString();
        if (page.Cursor is not null)
        {
            var from = Cursor.Parse(page.Cursor, identity);
            _conditions.Add($"({SortBy}, id) {(NewestFirst ? '<' : '>')} (@fromKey, @fromId)");
            _parameters.Add(("@fromKey", from.Key));
            _parameters.Add(("@fromId", from.Id));
        }

        if (_branches.Count == 0)
        {
            return new Page<T>([], null);
        }

        // One more than asked for tells whether there is a next page.
        _parameters.Add(("@limit", page.Limit + 1));
        var rows = await database.Query(
            new Statement(Sql(), [.. _parameters]),
            reader => (Cursor: new Cursor(reader.GetInt64(0), reader.GetString(1)), Row: row(reader)));
        var more = rows.Count > page.Limit;
        var data = rows.Take(page.Limit).ToList();
        return new Page<T>([.. data.Select(item => item.Row)], more ? data[^1].Cursor.ToText(identity) : null);
    }

    private string Sql()
    {
        var order = NewestFirst ? "DESC" : "ASC";
        var parts = _branches.Select(branch =>
        {
            var conditions = branch.Length == 0 ? _conditions : [branch, .. _conditions];
            var where = conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
            return $"SELECT {SortBy} AS list_key, id AS list_id, {columns} FROM {table} {where} ORDER BY {SortBy} {order}, id {order} LIMIT @limit";
        }).ToList();
        return parts.Count == 1
            ? parts[0]
            : $"SELECT * FROM ({string.Join(" UNION ALL ", parts.Select(part => $"SELECT * FROM ({part}) AS parts"))}) AS parts "
              + $"ORDER BY list_key {order}, list_id {order} LIMIT @limit";
    }
}
