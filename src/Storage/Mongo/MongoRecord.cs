using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// Everything that one commit of a number writes elsewhere, as one field of the number's own document: there with the commit, or
/// not at all. Afterwards it is moved to where it belongs, by whoever comes first, and as often as need be. Each step finds out
/// from the document it writes whether that is behind: a process that was asleep in the middle undoes nothing of what others
/// have written since.
/// </summary>
/// <param name="Number">Whose commit it is.</param>
/// <param name="Commit">Counts the commits of the number.</param>
/// <param name="Id">Unlike any other, also of the same count.</param>
internal sealed record MongoRecord(string Number, long Commit, string Id)
{
    public const string Field = "record";

    /// <summary>Beside it: when it was decided, by the database's clock.</summary>
    public const string Since = "recordedAt";

    // In this order; what is merged frees its place before somebody else takes it.
    private static readonly Part[] s_parts =
    [
        new("aliases", MongoCollections.PartyAlias, Once),
        new("merges", MongoCollections.PartyMerge, Once),
        new("mergesFollowing", MongoCollections.PartyMerge, (row, _) => new UpdateManyModel<BsonDocument>(
            new BsonDocument("into", row["from"]), Set("into", row["into"]))),
        new("newMessages", MongoCollections.Message, Own),
        new("changedMessages", MongoCollections.Message, Own),
        new("queue", MongoCollections.Queue, Own),
        new("dequeued", MongoCollections.Queue, Done),
        new("sent", MongoCollections.SentMessage, Own),
        new("chats", MongoCollections.Chat, Own),
        new("chatsFollowing", MongoCollections.Chat, (row, _) => new UpdateManyModel<BsonDocument>(
            new BsonDocument { ["root"] = row["from"], ["merged"] = true }, Set("root", row["into"]))),
        new("mergedContacts", MongoCollections.Contact, Version),
        new("contacts", MongoCollections.Contact, Version),
        new("media", MongoCollections.Media, Media),
        new("timeline", MongoCollections.Timeline, Own),
        new("events", MongoCollections.Outbox, Once),
        new("idempotency", MongoCollections.Idempotency, (row, _) => Upsert(
            new BsonDocument { ["_id"] = row["_id"], ["at"] = new BsonDocument("$lt", row["at"]) }, new BsonDocument("$set", WithoutId(row)))),
    ];

    private readonly BsonDocument _rows = [];
    private readonly Lock _adding = new();

    /// <summary>How many documents of their own its rows are in, where they are too many for the number's.</summary>
    public int InParts { get; set; }

    /// <summary>What becomes one document each, by part. Parts may be added side by side.</summary>
    public void Add(string part, IEnumerable<BsonDocument> rows)
    {
        foreach (var row in rows)
        {
            lock (_adding)
            {
                if (!_rows.Contains(part))
                {
                    _rows[part] = new BsonArray();
                }

                _rows[part].AsBsonArray.Add(row);
            }
        }
    }

    public BsonDocument ToBson() => new() { ["id"] = Id, ["commit"] = Commit, ["parts"] = InParts, ["rows"] = InParts == 0 ? _rows : [] };

    public string PartId(int place) => $"{Id}/{place}";

    /// <summary>All rows, in pieces of no more bytes than these; a larger row is one by itself.</summary>
    public IEnumerable<BsonDocument> Split(int mostBytes)
    {
        var (piece, bytes) = (new MongoRecord(Number, Commit, Id), 0);
        foreach (var (name, row) in _rows.SelectMany(part => part.Value.AsBsonArray.Select(row => (part.Name, row.AsBsonDocument))))
        {
            var size = row.ToBson().Length;
            if (bytes > 0 && bytes + size > mostBytes)
            {
                yield return piece._rows;
                (piece, bytes) = (new MongoRecord(Number, Commit, Id), 0);
            }

            piece.Add(name, [row]);
            bytes += size;
        }

        yield return piece._rows;
    }

    public void Join(IEnumerable<BsonDocument> pieces)
    {
        foreach (var part in pieces.SelectMany(piece => piece))
        {
            Add(part.Name, part.Value.AsBsonArray.Select(row => row.AsBsonDocument));
        }
    }

    /// <summary>The record that a number's document holds, without rows that are in parts; null when everything is where it belongs.</summary>
    public static MongoRecord? Of(BsonDocument number)
    {
        if (!number.TryGetValue(Field, out var stored) || !stored.IsBsonDocument)
        {
            return null;
        }

        var record = new MongoRecord(number["_id"].AsString, stored["commit"].ToInt64(), stored["id"].AsString) { InParts = stored["parts"].ToInt32() };
        record._rows.AddRange(stored["rows"].AsBsonDocument);
        return record;
    }

    /// <summary>The writes of each part that has any.</summary>
    public IEnumerable<(string Collection, IReadOnlyList<WriteModel<BsonDocument>> Writes)> Writes() =>
        from part in s_parts
        where _rows.Contains(part.Name)
        select (part.Collection, (IReadOnlyList<WriteModel<BsonDocument>>)[.. _rows[part.Name].AsBsonArray.Select(row => part.Write(row.AsBsonDocument, this))]);

    public IEnumerable<BsonDocument> Rows(string part) => _rows.TryGetValue(part, out var rows) ? rows.AsBsonArray.Select(row => row.AsBsonDocument) : [];

    /// <summary>A document that only commits of this number write: a later one stays.</summary>
    private static WriteModel<BsonDocument> Own(BsonDocument row, MongoRecord record) => Upsert(
        Behind(row, record), new BsonDocument("$set", WithoutId(row).Add("commit", record.Commit)));

    /// <summary>A row of the queue that is done stays for a while, empty: nobody who is late can put it back.</summary>
    private static UpdateOneModel<BsonDocument> Done(BsonDocument row, MongoRecord record) => new(
        Behind(row, record),
        new BsonDocument
        {
            ["$set"] = new BsonDocument("commit", record.Commit),
            ["$unset"] = new BsonDocument { ["waiting"] = "", ["body"] = "", ["prepared"] = "" },
            ["$currentDate"] = new BsonDocument("doneAt", true),
        });

    /// <summary>A document that never changes, or only in ways that begin with its being there.</summary>
    private static UpdateOneModel<BsonDocument> Once(BsonDocument row, MongoRecord record) => Upsert(
        new BsonDocument("_id", row["_id"]), new BsonDocument("$setOnInsert", WithoutId(row)));

    /// <summary>A document that counts its own versions.</summary>
    private static UpdateOneModel<BsonDocument> Version(BsonDocument row, MongoRecord record)
    {
        var update = new BsonDocument("$set", WithoutId(row));
        if (!row.Contains("openParty"))
        {
            update["$unset"] = new BsonDocument("openParty", "");
        }

        return Upsert(new BsonDocument { ["_id"] = row["_id"], ["version"] = new BsonDocument("$lt", row["version"]) }, update);
    }

    /// <summary>Files are written outside commits too, and uploads by several numbers: each keeps the last commit of each number.</summary>
    private static UpdateOneModel<BsonDocument> Media(BsonDocument row, MongoRecord record)
    {
        var applied = "applied." + record.Number;
        var update = MongoMediaStore.Update(row);
        update["$set"][applied] = record.Commit;
        return Upsert(
            new BsonDocument { ["_id"] = row["_id"], [applied] = new BsonDocument("$not", new BsonDocument("$gte", record.Commit)) }, update);
    }

    private static BsonDocument Behind(BsonDocument row, MongoRecord record) =>
        new() { ["_id"] = row["_id"], ["commit"] = new BsonDocument("$lt", record.Commit) };

    private static UpdateOneModel<BsonDocument> Upsert(BsonDocument filter, BsonDocument update) => new(filter, update) { IsUpsert = true };

    private static BsonDocument Set(string field, BsonValue value) => new("$set", new BsonDocument(field, value));

    private static BsonDocument WithoutId(BsonDocument row) => new(row.Where(field => field.Name != "_id"));

    private sealed record Part(string Name, string Collection, Func<BsonDocument, MongoRecord, WriteModel<BsonDocument>> Write);
}
