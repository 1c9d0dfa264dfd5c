using System.Text;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// One page of a list of documents, sorted by a field of times and then the id. A page begins where the one before ended, by
/// value and not by count, so what is inserted or deleted meanwhile shifts nothing.
/// </summary>
internal sealed class MongoList(string name, string collection)
{
    private readonly BsonArray _conditions = [];
    private readonly StringBuilder _identity = new(name);
    private bool _isEmpty;

    public required string SortBy { get; set; }

    public required bool NewestFirst { get; set; }

    /// <summary>Narrows the list, and becomes part of what a cursor belongs to.</summary>
    public MongoList Where(string field, BsonValue condition)
    {
        _identity.Append('\n').Append(field).Append(' ').Append(condition.ToJson());
        return Meanwhile(new BsonDocument(field, condition));
    }

    /// <summary>Narrows the list by something that may change from page to page.</summary>
    /// <param name="condition">What holds now.</param>
    /// <param name="identity">What it means for the list; null when that is said already.</param>
    public MongoList Meanwhile(BsonDocument condition, string? identity = null)
    {
        if (identity is not null)
        {
            _identity.Append('\n').Append(identity);
        }

        _conditions.Add(condition);
        return this;
    }

    /// <summary>Documents with any of these values in a field.</summary>
    public MongoList WhereEither(string field, IReadOnlyCollection<string> values)
    {
        _isEmpty |= values.Count == 0;
        return Where(field, values.Count == 1 ? values.First() : new BsonDocument("$in", new BsonArray(values)));
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
        return Where(field, new BsonDocument("$gt", time.UtcTicks));
    }

    public async Task<Page<T>> Page<T>(MongoDatabase database, PageRequest page, Func<BsonDocument, T> read)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(page.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(page.Limit, 200);
        var identity = _identity.ToString();
        if (page.Cursor is not null)
        {
            Continue(Cursor.Parse(page.Cursor, identity));
        }

        if (_isEmpty)
        {
            return new Page<T>([], null);
        }

        // One more than asked for tells whether there is a next page.
        var direction = NewestFirst ? -1 : 1;
        var rows = await database.Run(token => database.Collection(collection)
            .Find(_conditions.Count == 0 ? [] : new BsonDocument("$and", _conditions))
            .Sort(new BsonDocument { [SortBy] = direction, ["_id"] = direction })
            .Limit(page.Limit + 1).ToListAsync(token));
        var data = rows.Take(page.Limit).ToList();
        return new Page<T>(
            [.. data.Select(read)],
            rows.Count > page.Limit ? new Cursor(data[^1][SortBy].ToInt64(), data[^1]["_id"].AsString).ToText(identity) : null);
    }

    // The bound by the key alone is what the index begins at; the rest leaves out what has the same key.
    private void Continue(Cursor from)
    {
        var beyond = NewestFirst ? "$lt" : "$gt";
        _conditions.Add(new BsonDocument(SortBy, new BsonDocument(NewestFirst ? "$lte" : "$gte", from.Key)));
        _conditions.Add(new BsonDocument("$or", new BsonArray
        {
            new BsonDocument(SortBy, new BsonDocument(beyond, from.Key)),
            new BsonDocument { [SortBy] = from.Key, ["_id"] = new BsonDocument(beyond, from.Id) },
        }));
    }
}
