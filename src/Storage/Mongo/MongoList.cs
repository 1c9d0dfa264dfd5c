using System.Text;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// One page of a list of documents, sorted by a field of times and then the id. A page begins where the one before ended, by
/// value and not by count, so what is inserted or deleted meanwhile shifts nothing. What no index answers is looked for in one
/// stretch of the list's index, so a page costs no more however rare it is.
/// </summary>
internal sealed class MongoList(string name, string collection)
{
    private readonly BsonArray _conditions = [];
    private readonly BsonArray _filters = [];
    private readonly StringBuilder _identity = new(name);
    private IReadOnlyList<BsonDocument> _branches = [[]];
    private FindOptions? _options;
    private BsonDocument? _from;

    public required string SortBy { get; set; }

    public required bool NewestFirst { get; set; }

    /// <summary>Narrows the list by what its index begins with, and becomes part of what a cursor belongs to.</summary>
    public MongoList Where(string field, BsonValue condition)
    {
        _conditions.Add(new BsonDocument(field, condition));
        return Identify($"{field} {condition.ToJson()}");
    }

    /// <summary>Narrows the list by what each document is looked at for: a page can then be short, or empty, and not be the last.</summary>
    /// <param name="condition">What holds now.</param>
    /// <param name="identity">What it means for the list, where it may change from page to page.</param>
    public MongoList Among(BsonDocument condition, string? identity = null)
    {
        _filters.Add(condition);
        return Identify(identity ?? condition.ToJson());
    }

    /// <summary>Documents with any of these values in a field, a number of them at a time.</summary>
    /// <param name="identity">What the values mean for the list, where they may change from page to page.</param>
    public MongoList WhereEither(string field, IReadOnlyCollection<string> values, string? identity = null)
    {
        _branches = [.. values.Chunk(ListBounds.MostAtOnce).Select(some => new BsonDocument(
            field, some.Length == 1 ? some[0] : new BsonDocument("$in", new BsonArray(some))))];

        // What is named is looked up, and only that is sorted.
        _options = field == "_id" ? new FindOptions { Hint = "_id_" } : null;
        return Identify(identity ?? string.Join('\n', values));
    }

    /// <summary>Only what changed after this time, in the order of the changes.</summary>
    public MongoList UpdatedAfter(string field, DateTimeOffset? after)
    {
        if (after is not { } time)
        {
            return this;
        }

        SortBy = field;
        NewestFirst = false;
        _from = new BsonDocument(field, new BsonDocument("$gt", time.UtcTicks));
        return Identify(_from.ToJson());
    }

    public async Task<Page<T>> Page<T>(MongoDatabase database, PageRequest page, Func<BsonDocument, T> read)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(page.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(page.Limit, 200);
        var identity = _identity.ToString();
        if (page.Cursor is not null)
        {
            // It is beyond the time that the list begins at.
            _from = Place(NewestFirst ? "$lt" : "$gt", Cursor.Parse(page.Cursor, identity));
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
            _conditions.Add(Place(NewestFirst ? "$gte" : "$lte", last));
        }

        // One more than asked for tells whether there is a next page.
        _conditions.AddRange(_filters);
        var rows = await Merged(database, find => find.Limit(page.Limit + 1));
        var data = rows.Take(page.Limit).ToList();
        var next = rows.Count > page.Limit ? Position(data[^1]) : end;
        return new Page<T>([.. data.Select(read)], next?.ToText(identity));
    }

    private Cursor Position(BsonDocument row) => new(row[SortBy].ToInt64(), row["_id"].AsString);

    private MongoList Identify(string condition)
    {
        _identity.Append('\n').Append(condition);
        return this;
    }

    // The bound by the key alone is what the index begins or ends at; the rest leaves out what has the same key.
    private BsonDocument Place(string compared, Cursor place) => new()
    {
        [SortBy] = new BsonDocument(compared.StartsWith("$l", StringComparison.Ordinal) ? "$lte" : "$gte", place.Key),
        ["$or"] = new BsonArray
        {
            new BsonDocument(SortBy, new BsonDocument(compared[..3], place.Key)),
            new BsonDocument { [SortBy] = place.Key, ["_id"] = new BsonDocument(compared, place.Id) },
        },
    };

    /// <summary>
    /// The last document that this page looks at; null when the rest of the list is shorter. Where there are several queries each has
    /// its share, and the first of their ends is the end of all, so that nothing before it is left out.
    /// </summary>
    private async Task<Cursor?> EndOfStretch(MongoDatabase database)
    {
        var skipped = ListBounds.ExaminedOfEach(_branches.Count) - 1;
        var ends = await Merged(database, find => find.Skip(skipped).Limit(1).Project(new BsonDocument(SortBy, 1)));
        return ends.Count == 0 ? null : Position(ends[0]);
    }

    /// <summary>What each query gives, in the order of the list.</summary>
    private async Task<List<BsonDocument>> Merged(
        MongoDatabase database, Func<IFindFluent<BsonDocument, BsonDocument>, IFindFluent<BsonDocument, BsonDocument>> limit)
    {
        var direction = NewestFirst ? -1 : 1;
        var rows = new List<BsonDocument>();
        foreach (var branch in _branches)
        {
            BsonArray conditions = [.. branch.ElementCount == 0 ? [] : new[] { branch }, .. _conditions];
            rows.AddRange(await database.Run(token => limit(database.Collection(collection)
                .Find(conditions.Count == 0 ? [] : new BsonDocument("$and", conditions), _options)
                .Sort(new BsonDocument { [SortBy] = direction, ["_id"] = direction })).ToListAsync(token)));
        }

        if (_branches.Count > 1)
        {
            rows.Sort((a, b) => Compare(Position(a), Position(b)));
        }

        return rows;
    }

    private int Compare(Cursor a, Cursor b)
    {
        var rising = a.Key != b.Key ? a.Key.CompareTo(b.Key) : string.CompareOrdinal(a.Id, b.Id);
        return NewestFirst ? -rising : rising;
    }
}
