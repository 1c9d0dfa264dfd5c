using System.Data.Common;
using Loopwave.Chats;
using Loopwave.Numbers;
using Loopwave.Storage.Sql;

namespace Loopwave.Storage.Tests.Sqlite;

/// <summary>No read goes through a whole table or sorts one: with a million messages that would be seconds.</summary>
public sealed class QueryPlanTests : IAsyncDisposable
{
    private readonly SqliteBackend _backend = new();
    private readonly Explaining _database;

    public QueryPlanTests() => _database = new Explaining(_backend.Database);

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Reads_of_numbers_follow_an_index()
    {
        var numbers = new SqlNumberStore(_database, _backend.Clock);
        await numbers.Load("n");
        await numbers.Engine("n");
        await numbers.Queue("n", 0, 10);
        await numbers.QueueLength("n");
        await numbers.Timeline("n");
        await numbers.FindIdempotent("s", "k");
        await numbers.LinkedElsewhere("n", EngineKind.WhatsApp, "1");
        foreach (var status in new NumberStatus?[] { null, NumberStatus.Ready, NumberStatus.LoggedOut })
        {
            await numbers.List(new NumberQuery(status, new PageRequest(), Access.All));
            await numbers.List(new NumberQuery(status, new PageRequest(UpdatedAfter: DateTimeOffset.UnixEpoch), Access.All));
        }

        await numbers.FirstReady(Access.All);
        _database.AssertIndexed(sorts: false);
    }

    [Fact]
    public async Task Whether_a_phone_is_linked_already_is_looked_up_by_the_phone()
    {
        await new SqlNumberStore(_database, _backend.Clock).LinkedElsewhere("n", EngineKind.Sandbox, "1");
        _database.AssertUses("number_phone");
    }

    [Fact]
    public async Task Started_numbers_are_looked_up_by_their_id()
    {
        var numbers = new SqlNumberStore(_database, _backend.Clock);
        await numbers.Started(NumberRange.OfShard(7), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        _database.AssertIndexed(sorts: false);
        _database.AssertReads("number", "(id>? AND id<?)");
    }

    [Fact]
    public async Task Bytes_of_a_sent_message_are_looked_up_by_their_id()
    {
        await new SqlSentMessages(_database).Find("n", "w");
        _database.AssertIndexed(sorts: false);
    }

    [Fact]
    public async Task Reads_of_messages_follow_an_index_also_over_merged_chats()
    {
        var messages = new SqlMessageStore(_database);
        await messages.Get(["m"]);
        await messages.Get(["m", "n"]);
        await messages.FindByWhatsAppId("n", ["w"]);
        await messages.FindByWhatsAppId("n", ["v", "w"]);
        await messages.Oldest(["c"]);
        await messages.NewestInbound(["c"], 10);
        await messages.List(["c"], new PageRequest());
        await messages.List(["c"], new PageRequest(UpdatedAfter: DateTimeOffset.UnixEpoch));
        _database.AssertIndexed(sorts: false);

        // Of several chats each follows its index to the limit; only what that gives is sorted.
        await messages.List(["c", "d"], new PageRequest());
        _database.AssertIndexed(sorts: true);
    }

    [Fact]
    public async Task Reads_of_chats_and_contacts_follow_an_index()
    {
        var chats = new SqlChatStore(_database);
        await chats.Get("c");
        await chats.WithMerged("c");
        await chats.Parties(["j"]);
        await chats.Canonical(["p"]);
        foreach (var filter in new[] { new ChatFilter(), new ChatFilter(Unread: true), new ChatFilter(Number: "n"), new ChatFilter(ChatStatus.Open, Search: "x") })
        {
            await chats.List(new ChatQuery(filter, new PageRequest(), Access.All));
        }

        await chats.List(new ChatQuery(new ChatFilter(), new PageRequest(UpdatedAfter: DateTimeOffset.UnixEpoch), Access.All));
        _database.AssertIndexed(sorts: false);

        // The parties of a person are few; they are what is sorted here.
        await chats.Find("n", ["p"]);
        await chats.FindAnywhere("p");
        await new SqlContactStore(_database).Find(["p"]);
        _database.AssertIndexed(sorts: true);
    }

    [Fact]
    public async Task Reads_of_media_and_reminders_follow_an_index()
    {
        var media = new SqlMediaStore(_database);
        await media.Get(["f"]);
        await media.Evictable(10);
        await new SqlReminderTable(_database, "s").ReadRows(1, 5);
        _database.AssertIndexed(sorts: false);
    }

    /// <summary>Asks for the plan of every query.</summary>
    private sealed class Explaining(ISqlDatabase database) : ISqlDatabase
    {
        private readonly List<(string Step, string Sql)> _plans = [];

        public ISqlDialect Dialect => database.Dialect;

        public Task<UnitResult> Run(Unit unit) => database.Run(unit);

        public Task Settle(string key) => database.Settle(key);

        public async Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row)
        {
            var plan = await database.Query(new Statement("EXPLAIN QUERY PLAN " + query.Sql, query.Parameters), step => step.GetString(3));
            _plans.AddRange(plan.Select(step => (step, query.Sql)));
            return await database.Query(query, row);
        }

        public void AssertUses(string index) => Assert.All(_plans, plan => Assert.Contains(index, plan.Step));

        public void AssertReads(string table, string by) =>
            Assert.All(_plans.Where(plan => plan.Step.StartsWith($"SEARCH {table} ", StringComparison.Ordinal)), plan => Assert.EndsWith(by, plan.Step));

        public void AssertIndexed(bool sorts)
        {
            Assert.NotEmpty(_plans);
            foreach (var (step, sql) in _plans)
            {
                // Lists of values, the rows of a subquery and a constant are no tables of ours.
                var scans = step.StartsWith("SCAN", StringComparison.Ordinal) && !step.Contains("USING") && !step.Contains("VIRTUAL TABLE")
                    && !step.Contains("CONSTANT") && !step.Contains("SUBQUERY") && !step.Contains("parts") && !step.Contains("(subquery");
                Assert.False(scans, $"{step}: {sql}");
                Assert.False(!sorts && step.Contains("TEMP B-TREE FOR ORDER"), $"{step}: {sql}");
            }

            _plans.Clear();
        }
    }
}
