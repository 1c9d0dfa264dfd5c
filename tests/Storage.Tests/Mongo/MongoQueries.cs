using System.Collections.Concurrent;
using Loopwave.Storage.Mongo;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Testing.Storage;
using MongoDB.Bson;
using MongoDB.Driver;
using MongoDB.Driver.Core.Configuration;
using MongoDB.Driver.Core.Events;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>
/// Writes down what the driver asks the server for, and tells whether an index that is made can answer it; where the server can explain
/// itself, it is asked as well.
/// </summary>
internal sealed class MongoQueries(string database) : IQueryPlans
{
    // Looked through as a whole: one small document for each start of a silo.
    private static readonly string[] s_small = [MongoCollections.Lease, MongoCollections.Silo];

    // What sorted lists may look at in each document beside their index: what a shard's sweep is for, and numbers whose silo is gone;
    // who has a phone, of whom there is one; and, of the simulated network, within what one number has.
    private static readonly Dictionary<string, string[]> s_lookedAt = new()
    {
        [MongoCollections.Number] = ["$or", "owner", "removed"],
        [MongoCollections.SandboxAccount] = ["phone"],
        [MongoCollections.SandboxMail] = ["whatsAppId"],
        [MongoCollections.SandboxSent] = ["chat"],
    };

    private static readonly string[] s_equal = ["$eq", "$in"];
    private static readonly string[] s_range = ["$gt", "$gte", "$lt", "$lte"];

    private readonly ConcurrentQueue<MongoQuery> _asked = new();

    public IReadOnlyCollection<MongoQuery> Asked => _asked;

    public void Listen(ClusterBuilder cluster) => cluster.Subscribe<CommandStartedEvent>(started =>
    {
        foreach (var query in Queries(started.CommandName, started.Command))
        {
            // The driver reuses the bytes.
            _asked.Enqueue(query with { Filter = (BsonDocument)query.Filter.DeepClone(), Command = (BsonDocument)started.Command.DeepClone() });
        }
    });

    public async Task AssertIndexed(bool sorts)
    {
        var asked = _asked.Where(query => !s_small.Contains(query.Collection)).ToList();
        Assert.NotEmpty(asked);
        Assert.Empty(asked.Where(query => !IsIndexed(sorts ? query with { Sort = [] } : query, asked)).Select(query => query.ToString()).Distinct());
        foreach (var find in asked.Where(query => query.Kind == "find"))
        {
            if (await Explain(find) is { } plan)
            {
                Assert.False(plan.Contains("COLLSCAN", StringComparison.Ordinal), $"{find} reads all of the collection: {plan}");
            }
        }

        _asked.Clear();
    }

    /// <summary>
    /// Whether an index leads to the documents, and gives them in the order that is asked for. A list is answered when the index begins
    /// with all that narrows it; what does not stand there may only be looked at in a stretch whose end was looked for before.
    /// </summary>
    public static bool IsIndexed(MongoQuery query, IReadOnlyCollection<MongoQuery> asked)
    {
        var conditions = Flatten(query.Filter).ToList();
        List<MongoIndex> indexes = [new(query.Collection, "_id_", ["_id"]), .. MongoSchema.Indexes.Where(index => index.Collection == query.Collection)];
        if (query.Sort.Count > 0)
        {
            return (query.Command.GetValue("hint", "") == "_id_" && conditions.Exists(condition => condition.Name == "_id" && IsEqual(condition)))
                || indexes.Exists(index => Answers(index, conditions, query.Sort) && IsLittle(Beside(index, conditions, query.Sort)))
                || asked.Any(measured => IsEndOf(measured, query, conditions) && IsIndexed(measured, []));
        }

        // An "or" is answered when each of its sides is; only the whole could be sorted.
        return indexes.Exists(index => Answers(index, conditions, query.Sort)) || conditions.Exists(condition => condition.Name == "$or"
            && condition.Value.AsBsonArray.All(side => IsIndexed(query with { Filter = side.AsBsonDocument }, asked)));

        bool IsLittle(IEnumerable<string> fields) => !fields.Except(s_lookedAt.GetValueOrDefault(query.Collection, [])).Any();
    }

    // A server that only speaks like MongoDB may not know the command.
    private async Task<string?> Explain(MongoQuery find)
    {
        var command = new BsonDocument(find.Command.Where(field => field.Name is "find" or "filter" or "sort" or "limit" or "skip" or "projection"));
        try
        {
            var plan = await MongoServer.Database(database).RunCommandAsync<BsonDocument>(
                new BsonDocument { ["explain"] = command, ["verbosity"] = "queryPlanner" });
            return plan["queryPlanner"]["winningPlan"].ToJson();
        }
        catch (MongoCommandException error) when (error.CodeName is "CommandNotFound" || error.Code is 59)
        {
            return null;
        }
    }

    private static bool Answers(MongoIndex index, List<BsonElement> conditions, IReadOnlyList<string> sort)
    {
        var equal = conditions.Where(IsEqual).Select(condition => condition.Name).ToHashSet();
        var prefix = index.Keys.TakeWhile(equal.Contains).Count();
        var sorted = sort.Where(field => !equal.Contains(field)).ToList();
        if (index.Only is { } only && !only.All(conditions.Contains))
        {
            return false;
        }

        if (!index.Keys.Skip(prefix).Take(sorted.Count).SequenceEqual(sorted))
        {
            return false;
        }

        return prefix > 0 || sorted.Count > 0 || conditions.Exists(condition => condition.Name == index.Keys[0] && Has(condition, s_range));
    }

    /// <summary>The fields that are compared, but neither lead through the index nor are where a page begins or ends.</summary>
    private static IEnumerable<string> Beside(MongoIndex index, List<BsonElement> conditions, IReadOnlyList<string> sort)
    {
        var equal = conditions.Where(IsEqual).Select(condition => condition.Name).ToHashSet();
        HashSet<string> answered = [.. index.Keys.TakeWhile(equal.Contains), .. sort, .. index.Only?.Names ?? []];
        return conditions.Where(condition => !answered.Contains(condition.Name) && !IsPlace(condition, sort)).Select(condition => condition.Name);
    }

    private static bool IsPlace(BsonElement condition, IReadOnlyList<string> sort) => condition.Name == "$or"
        && condition.Value.AsBsonArray.All(side => side.AsBsonDocument.Names.All(sort.Contains));

    /// <summary>Whether a query looked for the end of the stretch in which another one looks at each document.</summary>
    private static bool IsEndOf(MongoQuery measured, MongoQuery query, List<BsonElement> conditions) => measured.Command.Contains("skip")
        && measured.Collection == query.Collection && measured.Sort.SequenceEqual(query.Sort) && Flatten(measured.Filter).All(conditions.Contains);

    private static IEnumerable<BsonElement> Flatten(BsonDocument filter) => filter.SelectMany(condition => condition.Name == "$and"
        ? condition.Value.AsBsonArray.SelectMany(part => Flatten(part.AsBsonDocument))
        : [condition]);

    private static bool IsEqual(BsonElement condition) => !condition.Name.StartsWith('$')
        && (!IsOperators(condition.Value) ? condition.Value is not BsonRegularExpression : Has(condition, s_equal));

    private static bool Has(BsonElement condition, string[] operators) =>
        IsOperators(condition.Value) && condition.Value.AsBsonDocument.Names.Any(operators.Contains);

    private static bool IsOperators(BsonValue value) => value is BsonDocument { ElementCount: > 0 } document && document.GetElement(0).Name.StartsWith('$');

    private static IEnumerable<MongoQuery> Queries(string name, BsonDocument command)
    {
        var collection = command.GetElement(0).Value is BsonString text ? text.Value : "";
        return name switch
        {
            "find" => [Query(command.GetValue("filter", new BsonDocument()), command.GetValue("sort", new BsonDocument()))],
            "findAndModify" => [Query(command["query"], new BsonDocument())],
            "aggregate" => [Query(command["pipeline"][0]["$match"], new BsonDocument())],
            "update" => command["updates"].AsBsonArray.Select(update => Query(update["q"], new BsonDocument())),
            "delete" => command["deletes"].AsBsonArray.Select(delete => Query(delete["q"], new BsonDocument())),
            "count" or "distinct" => [Query(command["query"], new BsonDocument())],
            _ => [],
        };

        MongoQuery Query(BsonValue filter, BsonValue sort) => new(name, collection, filter.AsBsonDocument, [.. sort.AsBsonDocument.Names], command);
    }
}

internal sealed record MongoQuery(string Kind, string Collection, BsonDocument Filter, IReadOnlyList<string> Sort, BsonDocument Command)
{
    public override string ToString() => $"{Kind} {Collection} {Filter} by {string.Join(", ", Sort)}";
}
