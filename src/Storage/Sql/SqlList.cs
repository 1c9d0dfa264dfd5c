using System.Data.Common;
using System.Text;

namespace Loopwave.Storage.Sql;

/// <summary>
/// One page of a list of documents, sorted by a column of times and then the id. A page begins where the one before
/// ended, by value and not by count, so what is inserted or deleted meanwhile shifts nothing. What no index answers is
/// looked for in one stretch of the list's index, so a page costs no more however rare it is.
/// </summary>
internal sealed class SqlList(string name, string table, string columns)
{
    private readonly List<string> _conditions = [];
    private readonly List<string> _filters = [];
    private readonly List<(string Name, object? Value)> _parameters = [];
    private readonly StringBuilder _identity = new(name);
    private IReadOnlyList<Branch> _branches = [new("", [])];
    private string? _from;

    public required string SortBy { get; set; }

    public required bool NewestFirst { get; set; }

    /// <summary>Narrows the list by what its index begins with. Parameters become part of what a cursor belongs to.</summary>
    public SqlList Where(string condition, params (string Name, object? Value)[] parameters)
    {
        _conditions.Add(condition);
        return Identify(condition, parameters);
    }

    /// <summary>Narrows the list by what each row is looked at for: a page can then be short, or empty, and not be the last.</summary>
    public SqlList Among(string condition, params (string Name, object? Value)[] parameters)
    {
        _filters.Add(condition);
        return Identify(condition, parameters);
    }

    /// <summary>The same, for a condition that may change from page to page.</summary>
    /// <param name="identity">What it means for the list.</param>
    public SqlList AmongNow(string condition, string identity)
    {
        _filters.Add(condition);
        return Identify(identity);
    }

    /// <summary>
    /// Rows with any of these values in a column. Each value is looked up on its own and the results are merged, so that
    /// each follows its index and stops at the limit.
    /// </summary>
    /// <param name="identity">What the values mean for the list, where they may change from page to page.</param>
    public SqlList WhereEither(string column, IReadOnlyCollection<string> values, string? identity = null)
    {
        _branches = [.. values.Select((value, i) => new Branch($"{column} = @either{i}", [("@either" + i, value)]))];
        _identity.Append('\n').Append(identity ?? string.Join('\n', values));
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
        _from = $"{column} > @after";
        return Identify(_from, ("@after", Rows.Ticks(time)));
    }

    /// <param name="database">Where the rows are.</param>
    /// <param name="page">Which page.</param>
    /// <param name="row">Reads the list's columns, which begin at the third.</param>
    public async Task<Page<T>> Page<T>(ISqlDatabase database, PageRequest page, Func<DbDataReader, T> row)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(page.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(page.Limit, 200);
        var identity = _identity.ToString();
        if (page.Cursor is not null)
        {
            // It is beyond the time that the list begins at; with both, a database may begin at the wrong one.
            _from = Place(NewestFirst ? "<" : ">", "from", Cursor.Parse(page.Cursor, identity));
        }

        if (_from is not null)
        {
            _conditions.Add(_from);
        }

        if (_branches.Count == 0)
        {
            return new Page<T>([], null);
        }

        Cursor? end = _filters.Count == 0 ? null : await EndOfStretch(database);
        if (end is { } last)
        {
            _conditions.Add(Place(NewestFirst ? ">=" : "<=", "end", last));
        }

        // One more than asked for tells whether there is a next page.
        _conditions.AddRange(_filters);
        var rows = await Merged(database, columns, page.Limit + 1, skip: null, reader => (Cursor: Position(reader), Row: row(reader)), item => item.Cursor);
        var data = rows.Take(page.Limit).ToList();
        var next = rows.Count > page.Limit ? data[^1].Cursor : end;
        return new Page<T>([.. data.Select(item => item.Row)], next?.ToText(identity));
    }

    private static Cursor Position(DbDataReader reader) => new(reader.GetInt64(0), reader.GetString(1));

    private SqlList Identify(string condition, params (string Name, object? Value)[] parameters)
    {
        _identity.Append('\n').Append(condition);
        foreach (var parameter in parameters)
        {
            _parameters.Add(parameter);
            _identity.Append('\n').Append(parameter.Value);
        }

        return this;
    }

    private string Place(string compared, string name, Cursor place)
    {
        _parameters.Add(($"@{name}Key", place.Key));
        _parameters.Add(($"@{name}Id", place.Id));
        return $"({SortBy}, id) {compared} (@{name}Key, @{name}Id)";
    }

    /// <summary>
    /// The last row that this page looks at; null when the rest of the list is shorter. Of several values each has its share, and
    /// the first of their ends is the end of all, so that nothing before it is left out.
    /// </summary>
    private async Task<Cursor?> EndOfStretch(ISqlDatabase database)
    {
        var ends = await Merged(database, "1", limit: 1, skip: ListBounds.ExaminedOfEach(_branches.Count) - 1, Position, end => end);
        return ends.Count == 0 ? null : ends[0];
    }

    /// <summary>What each value's index gives, in the order of the list.</summary>
    /// <param name="skip">Of each value's.</param>
    private async Task<List<T>> Merged<T>(
        ISqlDatabase database, string select, int limit, int? skip, Func<DbDataReader, T> row, Func<T, Cursor> place)
    {
        var rows = new List<T>();
        foreach (var branches in _branches.Chunk(ListBounds.MostAtOnce))
        {
            List<(string, object?)> parameters = [.. _parameters.Where(Occurs), .. branches.SelectMany(branch => branch.Parameters), ("@limit", limit)];
            if (skip is not null)
            {
                parameters.Add(("@skip", skip));
            }

            rows.AddRange(await database.Query(new Statement(Sql(branches, select, skip is null ? "" : " OFFSET @skip"), [.. parameters]), row));
        }

        if (_branches.Count > ListBounds.MostAtOnce)
        {
            rows.Sort((a, b) => Compare(place(a), place(b)));
        }

        return rows;
    }

    // What the filters compare with is not there yet while the end is looked for.
    private bool Occurs((string Name, object? Value) parameter) => _conditions.Exists(condition => condition.Contains(parameter.Name, StringComparison.Ordinal));

    private int Compare(Cursor a, Cursor b)
    {
        var rising = a.Key != b.Key ? a.Key.CompareTo(b.Key) : string.CompareOrdinal(a.Id, b.Id);
        return NewestFirst ? -rising : rising;
    }

    private string Sql(IReadOnlyList<Branch> branches, string select, string offset)
    {
        var order = NewestFirst ? "DESC" : "ASC";
        var parts = branches.Select(branch =>
        {
            var conditions = branch.Condition.Length == 0 ? _conditions : [branch.Condition, .. _conditions];
            var where = conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
            return $"SELECT {SortBy} AS list_key, id AS list_id, {select} FROM {table} {where} ORDER BY {SortBy} {order}, id {order} LIMIT @limit{offset}";
        }).ToList();
        return parts.Count == 1
            ? parts[0]
            : $"SELECT * FROM ({string.Join(" UNION ALL ", parts.Select(part => $"SELECT * FROM ({part}) AS parts"))}) AS parts "
              + $"ORDER BY list_key {order}, list_id {order} LIMIT @limit";
    }

    /// <param name="Condition">What holds for the rows of one value.</param>
    private sealed record Branch(string Condition, (string Name, object? Value)[] Parameters);
}
