using Loopwave.Deployment;
using Loopwave.Sandbox;
using Loopwave.Storage.Mongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Sandbox;

/// <summary>
/// The record of the simulated network in the database that all silos share. What belongs together is one document: mail is first
/// stored in the account or the message that it comes with, and moved from there, by whoever looks at the number next if need be.
/// Acknowledged mail stays, empty, until it is pruned, so that nobody who is late can put it back.
/// </summary>
internal sealed partial class MongoSandboxRecord(MongoDatabase database) : ISandboxRecord
{
    // More than processes that can be alive at once.
    private const int Processes = 4096;
    private const int MostAttempts = 20;
    private const int MostPosted = 1000;
    private const string Unmoved = "unmoved";
    private const string ProcessSetting = "sandbox.process";

    private readonly MongoTurns _turns = new();

    private IMongoCollection<BsonDocument> Settings => database.Collection(MongoCollections.Setting);

    private IMongoCollection<BsonDocument> Accounts => database.Collection(MongoCollections.SandboxAccount);

    private IMongoCollection<BsonDocument> SentMessages => database.Collection(MongoCollections.SandboxSent);

    private IMongoCollection<BsonDocument> Mail => database.Collection(MongoCollections.SandboxMail);

    private IMongoCollection<BsonDocument> Links => database.Collection(MongoCollections.SandboxConnection);

    /// <summary>Each process draws every so-manieth order, so no two draw the same.</summary>
    public async Task<SandboxOrders> Begin(DateTimeOffset at)
    {
        while (true)
        {
            var last = await database.Run(token => Settings.Find(new BsonDocument("_id", ProcessSetting)).FirstOrDefaultAsync(token));
            var process = (last?["last"].ToInt64() ?? 0) + 1;
            if (await Take(process, isFirst: last is null))
            {
                return new SandboxOrders(process % Processes, Processes);
            }
        }
    }

    public async Task<SandboxStored> Load(string number)
    {
        await Written(number);
        var account = await database.Run(token => Accounts.Find(new BsonDocument("_id", number)).FirstOrDefaultAsync(token));
        var waiting = await database.Run(token => Mail.CountDocumentsAsync(new BsonDocument { ["number"] = number, ["waiting"] = true }, null, token));
        return new SandboxStored(
            account?.Contains("body") is true ? MongoJson.Read<SandboxAccount>(account["body"]) : null, (int)waiting,
            Math.Max(await Highest(number), Latest(account)?.Id ?? 0));
    }

    public async Task<IReadOnlyList<SandboxMail>> Waiting(string number)
    {
        await Written(number);
        return (await database.Run(token => Mail.Find(new BsonDocument { ["number"] = number, ["waiting"] = true })
            .Sort(new BsonDocument { ["due"] = 1, ["_id"] = 1 }).ToListAsync(token)))
            .ConvertAll(row => new SandboxMail(
                number, row["_id"].ToInt64(), Time(row["at"]), Time(row["due"]), Text(row["whatsAppId"]), Text(row["jid"]), row["body"].AsByteArray));
    }

    public async Task<string?> NumberOf(string phone) => (await database.Run(token => Accounts
        .Find(new BsonDocument("phone", phone)).Sort(new BsonDocument("_id", 1)).Limit(1).FirstOrDefaultAsync(token)))?["_id"].AsString;

    public Task Save(SandboxAccount account, IReadOnlyList<SandboxMail> mail) => InTurn(account.Number, () => Add(
        account.Number,
        new BsonDocument { ["phone"] = (BsonValue?)account.Phone ?? BsonNull.Value, ["body"] = MongoJson.Write(account) },
        mail));

    public async Task Post(IReadOnlyList<SandboxMail> mail)
    {
        await Task.WhenAll(mail.GroupBy(one => one.Number).Select(one => InTurn(one.Key, async () =>
        {
            foreach (var part in one.Chunk(MostPosted))
            {
                await Add(one.Key, [], part);
            }
        })));
    }

    public async Task<bool> Receive(
        SandboxArrivalRow arrival, IReadOnlyList<SandboxMail>? first, IReadOnlyList<SandboxMail>? repeat) => await _turns.Run(arrival.Number, async () =>
    {
        var id = $"{arrival.Number}/{arrival.WhatsAppId}/{arrival.Jid}";
        for (var attempt = 1; attempt <= MostAttempts; attempt++)
        {
            var known = await database.Run(token => SentMessages.Find(new BsonDocument("_id", id)).FirstOrDefaultAsync(token));
            var answered = (known?["answered"].ToInt32() ?? 0) + (first is null ? 0 : 1);
            var mail = (answered switch { 0 => null, 1 => first, _ => repeat }) ?? [];
            if (await Note(arrival, id, known, answered, mail))
            {
                await Move(SentMessages, id, mail.Select(Row));
                return first is not null && answered == 1;
            }
        }

        throw new StorageUnavailableException("Storage is not available: others write the same message.");
    });

    public Task Forget(string number, IReadOnlyList<long> orders, DateTimeOffset at) => InTurn(number, () => database.Run(token => Mail.UpdateManyAsync(
        new BsonDocument { ["_id"] = new BsonDocument("$in", new BsonArray(orders)), ["waiting"] = true },
        new BsonDocument
        {
            ["$set"] = new BsonDocument("acknowledgedAt", Rows.Ticks(at)), ["$unset"] = new BsonDocument { ["waiting"] = "", ["body"] = "" },
        },
        cancellationToken: token)));

    public Task MarkRead(string number, IReadOnlyList<string> whatsAppIds, DateTimeOffset at) => InTurn(number, async () =>
    {
        foreach (var id in whatsAppIds)
        {
            await database.Run(token => database.Collection(MongoCollections.SandboxReadMark).UpdateOneAsync(
                new BsonDocument("_id", $"{number}/{id}"), new BsonDocument("$setOnInsert", new BsonDocument("at", Rows.Ticks(at))),
                new UpdateOptions { IsUpsert = true }, token));
        }
    });

    public Task Ended(string number, long connection, long order, DateTimeOffset at, string how) =>
        InTurn(number, () => End(connection, order, Rows.Ticks(at), how));

    private static BsonDocument Row(SandboxMail mail) => new()
    {
        ["_id"] = mail.Order, ["number"] = mail.Number, ["waiting"] = true, ["at"] = Rows.Ticks(mail.At), ["due"] = Rows.Ticks(mail.DueAt),
        ["whatsAppId"] = (BsonValue?)mail.WhatsAppId ?? BsonNull.Value, ["jid"] = (BsonValue?)mail.Jid ?? BsonNull.Value, ["body"] = mail.Body,
    };

    private static DateTimeOffset Time(BsonValue ticks) => new(ticks.ToInt64(), TimeSpan.Zero);

    private static string? Text(BsonValue value) => value.IsBsonNull ? null : value.AsString;

    private Task InTurn(string number, Func<Task> work) => _turns.Run(number, async () =>
    {
        await work();
        return true;
    });

    private async Task<bool> Take(long process, bool isFirst)
    {
        try
        {
            var taken = await database.Run(token => Settings.UpdateOneAsync(
                new BsonDocument { ["_id"] = ProcessSetting, ["last"] = isFirst ? new BsonDocument("$exists", false) : process - 1 },
                new BsonDocument("$set", new BsonDocument("last", process)),
                new UpdateOptions { IsUpsert = isFirst }, token));
            return taken.MatchedCount == 1 || taken.UpsertedId is not null;
        }
        catch (MongoWriteException error) when (MongoErrors.IsDuplicate(error))
        {
            return false;
        }
    }

    /// <summary>Everything that was called before is stored, and what a process that is gone has left is where it belongs.</summary>
    private async Task Written(string number)
    {
        await database.Behind(() => _turns.Settle(number));
        foreach (var (collection, key) in new[] { (Accounts, "_id"), (SentMessages, "number") })
        {
            var left = await database.Run(token => collection
                .Find(new BsonDocument { [key] = number, ["isMoved"] = false })
                .Project(new BsonDocument(Unmoved, 1)).ToListAsync(token));
            foreach (var one in left)
            {
                await Move(collection, one["_id"].AsString, one[Unmoved].AsBsonArray.Select(row => row.AsBsonDocument));
            }
        }
    }

    private async Task Add(string number, BsonDocument account, IReadOnlyList<SandboxMail> mail)
    {
        List<BsonDocument> rows = [.. mail.Select(Row)];
        if (rows.Count > 0)
        {
            account["isMoved"] = false;
        }

        var update = account.ElementCount > 0 ? new BsonDocument("$set", account) : [];
        if (rows.Count > 0)
        {
            update["$push"] = new BsonDocument(Unmoved, new BsonDocument("$each", new BsonArray(rows)));
        }

        if (update.ElementCount > 0)
        {
            await database.Run(token => Accounts.UpdateOneAsync(new BsonDocument("_id", number), update, new UpdateOptions { IsUpsert = true }, token));
            await Move(Accounts, number, rows);
        }
    }

    private async Task<bool> Note(SandboxArrivalRow arrival, string id, BsonDocument? known, int answered, IReadOnlyList<SandboxMail> mail)
    {
        var place = new BsonDocument
        {
            ["order"] = arrival.Order, ["at"] = Rows.Ticks(arrival.At), ["connection"] = arrival.Connection, ["epoch"] = arrival.Epoch, ["hash"] = arrival.Hash,
        };
        var rows = new BsonArray(mail.Select(Row));
        try
        {
            if (known is null)
            {
                var message = new BsonDocument
                {
                    ["_id"] = id, ["number"] = arrival.Number, ["whatsAppId"] = arrival.WhatsAppId, ["jid"] = arrival.Jid, ["chat"] = arrival.Chat,
                    ["kind"] = arrival.Kind, ["text"] = (BsonValue?)arrival.Text ?? BsonNull.Value, ["count"] = 1, ["answered"] = answered,
                    ["repeats"] = new BsonArray(), ["lastOrder"] = arrival.Order, ["isMoved"] = rows.Count == 0, [Unmoved] = rows,
                }.AddRange(place);
                return await database.Run(async token =>
                {
                    await SentMessages.InsertOneAsync(message, null, token);
                    return true;
                });
            }

            var set = new BsonDocument { ["count"] = known["count"].ToInt32() + 1, ["answered"] = answered };
            if (rows.Count > 0)
            {
                set["isMoved"] = false;
            }

            return (await database.Run(token => SentMessages.UpdateOneAsync(
                new BsonDocument { ["_id"] = id, ["count"] = known["count"] },
                new BsonDocument
                {
                    ["$set"] = set, ["$max"] = new BsonDocument("lastOrder", arrival.Order),
                    ["$push"] = new BsonDocument { ["repeats"] = place, [Unmoved] = new BsonDocument("$each", rows) },
                },
                cancellationToken: token))).MatchedCount == 1;
        }
        catch (MongoWriteException error) when (MongoErrors.IsDuplicate(error))
        {
            return false;
        }
    }

    /// <summary>Puts mail where it is waited for, and takes it out of the document that it came with.</summary>
    private async Task Move(IMongoCollection<BsonDocument> from, string id, IEnumerable<BsonDocument> rows)
    {
        List<BsonDocument> mail = [.. rows];
        if (mail.Count > 0)
        {
            try
            {
                await database.Run(token => Mail.BulkWriteAsync(
                    mail.Select(row => new UpdateOneModel<BsonDocument>(
                        new BsonDocument("_id", row["_id"]), new BsonDocument("$setOnInsert", new BsonDocument(row.Where(field => field.Name != "_id"))))
                    {
                        IsUpsert = true,
                    }),
                    new BulkWriteOptions { IsOrdered = false }, token));
            }
            catch (MongoBulkWriteException<BsonDocument> error) when (MongoErrors.IsDuplicate(error))
            {
                // Somebody else moves the same.
            }

            await database.Run(token => from.UpdateOneAsync(
                new BsonDocument("_id", id),
                new BsonDocument("$pull", new BsonDocument(Unmoved, new BsonDocument("_id", new BsonDocument("$in", new BsonArray(mail.Select(row => row["_id"])))))),
                cancellationToken: token));
        }

        await database.Run(token => from.UpdateOneAsync(
            new BsonDocument { ["_id"] = id, ["isMoved"] = false, [Unmoved] = new BsonArray() },
            new BsonDocument("$set", new BsonDocument("isMoved", true)), cancellationToken: token));
    }
}
