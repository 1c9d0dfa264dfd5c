using System.Collections.Concurrent;
using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Messages;
using Loopwave.Numbers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// Turns a change of a number into a record, and refuses what the port says is refused. What is looked at here stays as it is
/// until the record is stored: what only the number writes is guarded by its count of commits, everything else by claims.
/// </summary>
internal sealed class MongoNumberCommit(MongoDatabase database)
{
    private readonly MongoParties _parties = new(database);
    private readonly MongoMessageIdentity _identity = new(database);

    /// <summary>What this change needs to itself besides the number.</summary>
    public static List<string> Claims(NumberChanges changes) =>
    [
        .. changes.Merges.Count > 0 ? ["merge"] : Array.Empty<string>(),
        .. changes.Aliases.Select(alias => "alias " + alias.Jid),
        .. changes.Contacts.SelectMany(contact => new[] { "contact " + contact.Id, "contact of " + contact.Party }),
        .. changes.Idempotency.SelectMany(Claims),
    ];

    public static IEnumerable<string> Claims(IdempotencyRecord record) => ["request " + IdempotencyId(record.Key)];

    public static string IdempotencyId(IdempotencyKey key) => IdempotencyId(key.Scope, key.Key);

    public static string IdempotencyId(string scope, string key) => $"{scope}\n{key}";

    /// <summary>A number as it is first written.</summary>
    public static BsonDocument New(NumberDocument number, long sequence) => new BsonDocument
    {
        ["_id"] = number.Id, ["engine"] = Rows.Word(number.Engine), ["createdAt"] = Rows.Ticks(number.CreatedAt), ["owner"] = BsonNull.Value,
        ["epoch"] = 0L, ["sequence"] = sequence, ["day"] = 0, ["received"] = 0, ["sent"] = 0, ["queued"] = 0,
    }.AddRange(Fields(number));

    public async Task<CommitResult?> Create(TimelineEntry first, IdempotencyRecord? idempotency, MongoRecord record)
    {
        record.Add("timeline", [Timeline(first)]);
        return await Idempotency(idempotency is null ? [] : [idempotency], record);
    }

    public async Task<CommitResult?> Commit(NumberChanges changes, MongoRecord record, BsonDocument update)
    {
        var number = update["$set"].AsBsonDocument;
        update["$max"] = new BsonDocument("sequence", changes.Sequence);
        if (changes.Day is { } day)
        {
            number.AddRange(new BsonDocument { ["day"] = day.Day.DayNumber, ["received"] = day.Received, ["sent"] = day.Sent });
        }

        if (changes.Document is { } document)
        {
            number.AddRange(Fields(document));
            if (!number.Contains("linkedPhone"))
            {
                update["$unset"] = new BsonDocument("linkedPhone", "");
            }
        }

        record.Add("timeline", changes.Timeline.Select(Timeline));
        record.Add("sent", Last(changes.Sent, sent => sent.WhatsAppId).Select(MongoSentMessages.Row));
        record.Add("media", Last(changes.Media, media => media.Id).Select(MongoMediaStore.Row));
        record.Add("events", changes.Events.Select((item, place) => Event(item, record.Commit, place)));
        var merges = await _parties.Merge(changes.Merges, record);
        var roots = await Chats(changes.Chats, record);
        var mistakes = new ConcurrentQueue<string>();
        CommitResult?[] refusals = await Task.WhenAll(
            _parties.Assign(changes.Aliases, record),
            Contacts(changes.Contacts, record),
            Messages(changes, record, new MongoMessageIdentity.Known(merges, roots, changes.Chats), mistakes),
            Queue(changes, record, update, mistakes),
            Idempotency(changes.Idempotency, record));

        // What is refused changes nothing: then what it would have changed need not be there.
        return Array.Find(refusals, refusal => refusal is not null) is { } refused ? refused
            : mistakes.TryPeek(out var mistake) ? throw new InvalidOperationException(mistake)
            : null;
    }

    /// <summary>The last of those with one key: what comes later in a change replaces what came before.</summary>
    private static IEnumerable<T> Last<T>(IReadOnlyList<T> items, Func<T, string> key) =>
        items.Count < 2 ? items : items.Reverse().DistinctBy(key).Reverse();

    private static BsonDocument Fields(NumberDocument number)
    {
        var fields = new BsonDocument
        {
            ["desired"] = number.Session.LogOutDue is null ? Rows.Word(number.Desired) : "log_out", ["status"] = Rows.Word(number.Session.Status),
            ["removed"] = number.RemovedAt is not null, ["updatedAt"] = Rows.Ticks(number.UpdatedAt), ["body"] = MongoJson.Write(number),
        };
        return number.Session is { Paired: true, LogOutDue: null } && number.RemovedAt is null && number.Phone is { } phone
            ? fields.Add("linkedPhone", phone)
            : fields;
    }

    private static BsonDocument Timeline(TimelineEntry entry) => new()
    {
        ["_id"] = $"{entry.Number}/{entry.Sequence}", ["number"] = entry.Number, ["sequence"] = entry.Sequence, ["body"] = MongoJson.Write(entry),
    };

    private static BsonDocument Event(OutboxEvent item, long commit, int place) => new()
    {
        ["_id"] = item.Id, ["number"] = item.Number, ["commit"] = commit, ["place"] = place, ["chat"] = (BsonValue?)item.Chat ?? BsonNull.Value,
        ["sequence"] = item.Sequence, ["event"] = item.Event, ["body"] = item.Body, ["at"] = Rows.Ticks(item.At),
    };

    /// <summary>The chat under which each merged one is found from now on.</summary>
    private async Task<IReadOnlyDictionary<string, string>> Chats(IReadOnlyList<ChatDocument> chats, MongoRecord record)
    {
        var into = chats.Where(chat => chat.MergedInto is not null).Select(chat => chat.MergedInto!).ToList();
        var roots = (into.Count == 0 ? [] : await database.Run(token => database.Collection(MongoCollections.Chat)
            .Find(In("_id", into)).Project(new BsonDocument("root", 1)).ToListAsync(token)))
            .ToDictionary(chat => chat["_id"].AsString, chat => chat["root"].AsString);
        var following = new Dictionary<string, string>();
        foreach (var chat in chats)
        {
            var root = chat.MergedInto is { } other ? roots.GetValueOrDefault(other, other) : chat.Id;
            roots[chat.Id] = root;
            if (chat.MergedInto is not null)
            {
                foreach (var (follower, _) in roots.Where(known => known.Value == chat.Id).ToList())
                {
                    roots[follower] = root;
                }

                following[chat.Id] = root;
            }
        }

        record.Add("chats", Last(chats, chat => chat.Id).Select(chat => MongoChatStore.Row(chat, roots[chat.Id])));
        record.Add("chatsFollowing", following.Select(merged => new BsonDocument { ["from"] = merged.Key, ["into"] = roots[merged.Key] }));
        return roots;
    }

    // Other numbers write contacts too, each from its own memory: what is not based on the stored one would undo theirs.
    private async Task<CommitResult?> Contacts(IReadOnlyList<ContactDocument> contacts, MongoRecord record)
    {
        if (contacts.Count == 0)
        {
            return null;
        }

        var stored = await database.Run(token => database.Collection(MongoCollections.Contact)
            .Find(new BsonDocument("$or", new BsonArray
            {
                In("_id", contacts.Select(contact => contact.Id)), In("openParty", contacts.Select(contact => contact.Party)),
            }))
            .Project(new BsonDocument { ["version"] = 1, ["openParty"] = 1 }).ToListAsync(token));
        var versions = stored.ToDictionary(contact => contact["_id"].AsString, contact => contact["version"].ToInt32());
        if (contacts.Any(contact => versions.GetValueOrDefault(contact.Id) != contact.Version - 1))
        {
            return CommitResult.Duplicate;
        }

        // Who has the party in the end: those that are stored and not changed here, and those that are.
        var open = stored.Where(contact => contact.Contains("openParty") && contacts.All(one => one.Id != contact["_id"].AsString))
            .Select(contact => contact["openParty"].AsString)
            .Concat(contacts.Where(contact => contact.MergedInto is null).Select(contact => contact.Party)).ToList();
        if (open.Distinct().Count() < open.Count)
        {
            return CommitResult.Duplicate;
        }

        record.Add("mergedContacts", contacts.Where(contact => contact.MergedInto is not null).Select(MongoContactStore.Row));
        record.Add("contacts", contacts.Where(contact => contact.MergedInto is null).Select(MongoContactStore.Row));
        return null;
    }

    private async Task<CommitResult?> Messages(NumberChanges changes, MongoRecord record, MongoMessageIdentity.Known known, ConcurrentQueue<string> mistakes)
    {
        var added = changes.NewMessages.ToDictionary(message => message.Id);
        var changed = Last(changes.ChangedMessages, message => message.Id).ToList();
        if (added.Count + changed.Count == 0)
        {
            return null;
        }

        var stored = (await database.Run(token => database.Collection(MongoCollections.Message)
            .Find(In("_id", added.Keys.Concat(changed.Select(message => message.Id)))).Project(new BsonDocument("number", 1)).ToListAsync(token)))
            .ToDictionary(message => message["_id"].AsString, message => message["number"].AsString);
        if (added.Keys.Any(stored.ContainsKey) || await _identity.IsKnown(changes.Number, changes.NewMessages, known))
        {
            return CommitResult.Duplicate;
        }

        foreach (var message in changed.Where(message => !added.ContainsKey(message.Id) && stored.GetValueOrDefault(message.Id) != changes.Number))
        {
            mistakes.Enqueue($"There is no message {message.Id}.");
        }

        foreach (var message in changed.Where(message => added.ContainsKey(message.Id)))
        {
            added[message.Id] = message;
        }

        record.Add("newMessages", added.Values.Select(MongoMessageStore.Row));
        record.Add("changedMessages", changed.Where(message => !added.ContainsKey(message.Id)).Select(MongoMessageStore.ChangedRow));
        return null;
    }

    private async Task<CommitResult?> Queue(NumberChanges changes, MongoRecord record, BsonDocument update, ConcurrentQueue<string> mistakes)
    {
        var rows = changes.Enqueued.ToDictionary(item => item.Sequence);
        var sequences = rows.Keys.Concat(changes.ChangedQueue.Select(item => item.Sequence)).Concat(changes.Dequeued).Distinct().ToList();
        if (sequences.Count == 0)
        {
            return null;
        }

        var stored = await database.Run(token => database.Collection(MongoCollections.Queue)
            .Find(In("_id", sequences.Select(sequence => QueueId(changes.Number, sequence)))).Project(new BsonDocument("waiting", 1)).ToListAsync(token));
        var waiting = stored.Where(row => row.Contains("waiting")).Select(row => row["waiting"].ToInt64()).ToHashSet();
        foreach (var item in changes.Enqueued.Where(item => stored.Exists(row => row["_id"] == QueueId(changes.Number, item.Sequence))))
        {
            mistakes.Enqueue($"There is a row {item.Sequence} in the queue, or was one.");
        }

        foreach (var item in changes.ChangedQueue)
        {
            if (!waiting.Contains(item.Sequence) && !rows.ContainsKey(item.Sequence))
            {
                mistakes.Enqueue($"There is no row {item.Sequence} in the queue.");
            }

            rows[item.Sequence] = item;
        }

        var done = changes.Dequeued.Where(sequence => waiting.Contains(sequence) || rows.ContainsKey(sequence)).Distinct().ToList();
        var before = waiting.Count;
        waiting.UnionWith(rows.Keys);
        waiting.ExceptWith(done);
        record.Add("queue", rows.Values.Where(item => waiting.Contains(item.Sequence)).Select(QueueRow));
        record.Add("dequeued", done.Select(sequence => new BsonDocument("_id", QueueId(changes.Number, sequence))));
        update["$inc"] = new BsonDocument("queued", waiting.Count - before);
        return null;
    }

    private async Task<CommitResult?> Idempotency(IReadOnlyList<IdempotencyRecord> records, MongoRecord record)
    {
        if (records.Count == 0)
        {
            return null;
        }

        var stored = (await database.Run(token => database.Collection(MongoCollections.Idempotency)
            .Find(In("_id", records.Select(one => IdempotencyId(one.Key)))).Project(new BsonDocument("at", 1)).ToListAsync(token)))
            .ToDictionary(one => one["_id"].AsString, one => one["at"].ToInt64());
        foreach (var one in records)
        {
            if (stored.TryGetValue(IdempotencyId(one.Key), out var at) && at > Rows.Ticks(one.At - Ages.Idempotency))
            {
                return CommitResult.Duplicate;
            }

            stored[IdempotencyId(one.Key)] = Rows.Ticks(one.At);
        }

        record.Add("idempotency", records.Select(one => new BsonDocument
        {
            ["_id"] = IdempotencyId(one.Key), ["bodyHash"] = one.Key.BodyHash, ["result"] = one.Result, ["at"] = Rows.Ticks(one.At),
        }));
        return null;
    }

    // The bytes have a field of their own: text would make them a third larger.
    private static BsonDocument QueueRow(QueueItem item) => new()
    {
        ["_id"] = QueueId(item.Number, item.Sequence), ["number"] = item.Number, ["waiting"] = item.Sequence,
        ["prepared"] = (BsonValue?)item.Prepared ?? BsonNull.Value, ["body"] = MongoJson.Write(item with { Prepared = null }),
    };

    private static string QueueId(string number, long sequence) => $"{number}/{sequence}";

    private static BsonDocument In(string field, IEnumerable<string> values) => new(field, new BsonDocument("$in", new BsonArray(values)));
}
