using Loopwave.Contacts;
using Loopwave.Numbers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>Addresses, the parties behind them, and which parties turned out to be one. Documents keep the party they were written with.</summary>
internal sealed class MongoParties(MongoDatabase database)
{
    private IMongoCollection<BsonDocument> Merges => database.Collection(MongoCollections.PartyMerge);

    /// <summary>The party of each of these after all merges; those that were not merged are left out.</summary>
    public async Task<Dictionary<string, string>> Merged(IEnumerable<string> parties)
    {
        var ids = new BsonArray(parties.Distinct());
        return ids.Count == 0 ? [] : (await database.Run(token => Merges.Find(new BsonDocument("_id", new BsonDocument("$in", ids))).ToListAsync(token)))
            .ToDictionary(merge => merge["_id"].AsString, merge => merge["into"].AsString);
    }

    /// <summary>These parties and all that were merged into them.</summary>
    public async Task<BsonArray> WithMerged(IReadOnlyCollection<string> parties)
    {
        var merged = await database.Run(token => Merges
            .Find(new BsonDocument("into", new BsonDocument("$in", new BsonArray(parties)))).ToListAsync(token));
        return [.. parties.Distinct().Select(party => (BsonValue)party), .. merged.Select(merge => merge["_id"])];
    }

    /// <summary>Who is behind these addresses, after all merges.</summary>
    public async Task<Dictionary<string, string>> Behind(IReadOnlyCollection<string> jids)
    {
        var aliases = (await database.Run(token => database.Collection(MongoCollections.PartyAlias)
            .Find(new BsonDocument("_id", new BsonDocument("$in", new BsonArray(jids)))).ToListAsync(token)))
            .ToDictionary(alias => alias["_id"].AsString, alias => alias["party"].AsString);
        var merged = await Merged(aliases.Values);
        return aliases.ToDictionary(alias => alias.Key, alias => merged.GetValueOrDefault(alias.Value, alias.Value));
    }

    /// <summary>Adds addresses to a record; refuses one that belongs to somebody else.</summary>
    public async Task<CommitResult?> Assign(IReadOnlyList<PartyAlias> aliases, MongoRecord record)
    {
        if (aliases.Count == 0)
        {
            return null;
        }

        var known = await Behind([.. aliases.Select(alias => alias.Jid)]);
        var merged = await Merged(aliases.Select(alias => alias.Party));
        foreach (var alias in aliases)
        {
            var party = merged.GetValueOrDefault(alias.Party, alias.Party);
            if (known.TryGetValue(alias.Jid, out var other) && other != party)
            {
                return CommitResult.Duplicate;
            }

            if (known.TryAdd(alias.Jid, party))
            {
                record.Add("aliases", [new BsonDocument { ["_id"] = alias.Jid, ["party"] = alias.Party }]);
            }
        }

        return null;
    }

    /// <summary>
    /// Adds merges to a record, and gives where the parties in them lead afterwards. What pointed at a party that is merged now
    /// follows it, so that every merge is one step away.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, string>> Merge(IReadOnlyList<PartyMerge> merges, MongoRecord record)
    {
        if (merges.Count == 0)
        {
            return new Dictionary<string, string>();
        }

        var into = await Merged(merges.SelectMany(merge => new[] { merge.From, merge.Into }));
        var losers = new List<string>();
        foreach (var merge in merges)
        {
            var loser = into.GetValueOrDefault(merge.From, merge.From);
            var winner = into.GetValueOrDefault(merge.Into, merge.Into);
            if (loser == winner)
            {
                continue;
            }

            foreach (var (party, _) in into.Where(known => known.Value == loser).ToList())
            {
                into[party] = winner;
            }

            into[loser] = winner;
            losers.Add(loser);
        }

        record.Add("merges", losers.Select(loser => new BsonDocument { ["_id"] = loser, ["into"] = into[loser] }));
        record.Add("mergesFollowing", losers.Select(loser => new BsonDocument { ["from"] = loser, ["into"] = into[loser] }));
        return into;
    }
}
