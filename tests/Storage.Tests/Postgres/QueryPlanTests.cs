using System.Data.Common;
using Loopwave.Chats;
using Loopwave.Numbers;
using Loopwave.Storage.Sandbox;
using Loopwave.Storage.Sql;
using Npgsql;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>
/// Each read can follow an index, and lists need no sorting. Scans and sorts are made so dear that the planner takes one only
/// where there is no other way.
/// </summary>
public sealed class QueryPlanTests : IAsyncDisposable
{
    private readonly PostgresBackend _backend = PostgresBackend.Create();
    private readonly Explaining _database;

    public QueryPlanTests() => _database = new Explaining(
        _backend.Database,
        _backend.Server.ConnectionString(_backend.Name) + ";Pooling=false;Options=-c enable_seqscan=off -c enable_sort=off -c enable_bitmapscan=off");

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
        await numbers.Started(NumberRange.OfShard(7), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        foreach (var status in new NumberStatus?[] { null, NumberStatus.Ready, NumberStatus.LoggedOut })
        {
            await numbers.List(new NumberQuery(status, new PageRequest(), Access.All));
            await numbers.List(new NumberQuery(status, new PageRequest(UpdatedAfter: DateTimeOffset.UnixEpoch), Access.All));
        }

        await numbers.FirstReady(Access.All);
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
        await new SqlSentMessages(_database).Find("n", "w");
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
    public async Task Reads_of_media_reminders_and_grain_state_follow_an_index()
    {
        var media = new SqlMediaStore(_database);
        await media.Get(["f"]);
        await media.Evictable(10);
        await new SqlReminderTable(_database, "s").ReadRows(1, 5);
        await new SqlReminderTable(_database, "s").ReadRow(GrainId.Create("t", "k"), "n");
        await new SqlApiKeyStore(_database).Get("k");
        await new SqlTeamStore(_database).Session("s");
        await new SqlDeploymentStore(_database).Setting("s");
        _database.AssertIndexed(sorts: false);
    }

    [Fact]
    public async Task Reads_of_the_simulated_network_follow_an_index()
    {
        var record = new PostgresSandboxRecord(_database);
        await record.Load("n");
        await record.NumberOf("1");
        await record.Sent("n", null, 0, 10);
        await record.Inbound("n", 0, 10);
        await record.Connections("n", 0, 10);
        _database.AssertIndexed(sorts: false);

        // Only what waits for one number is sorted.
        await record.Waiting("n");
        _database.AssertIndexed(sorts: true);
    }

    [Fact]
    public async Task The_statements_of_a_commit_follow_an_index()
    {
        var recording = new Recording(_backend.Database);
        var owned = await Conformance.Sample.OwnedNumber(_backend);
        var chat = Conformance.Sample.Chat(owned.Id);
        var message = Conformance.Sample.Message(chat, fromMe: true);
        var numbers = new SqlNumberStore(recording, _backend.Clock);
        await numbers.Commit(
            owned.Change() with
            {
                Document = owned.Document, Timeline = [Conformance.Sample.Transition(owned.Id, 9)],
                Aliases = [new(Conformance.Sample.Jid(), chat.Party)], Merges = [new(NewId.Party(), chat.Party)], Chats = [chat],
                Contacts = [Conformance.Sample.Contact(chat.Party)], NewMessages = [message], Enqueued = [Conformance.Sample.Queue(message, 9)],
                Events = [Conformance.Sample.Event(message, 9)], Idempotency = [Conformance.Sample.Idempotency(message.Id)],
            },
            owned.Lane);
        await numbers.Commit(
            owned.Change() with { ChangedMessages = [message], ChangedQueue = [Conformance.Sample.Queue(message, 9)], Dequeued = [9] }, owned.Lane);
        await new SqlOwnershipStore(recording).Claim(owned.Id, owned.Incarnation);

        Assert.InRange(recording.Statements.Count, 20, 60);
        foreach (var statement in recording.Statements)
        {
            await _database.Explain(statement);
        }

        // The two oldest of what is over are found in order.
        _database.AssertIndexed(sorts: false);
    }

    private sealed class Recording(ISqlDatabase database) : ISqlDatabase
    {
        public List<Statement> Statements { get; } = [];

        public ISqlDialect Dialect => database.Dialect;

        public Task<UnitResult> Run(Unit unit)
        {
            Statements.AddRange(unit.Statements);
            return database.Run(unit);
        }

        public Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row) => database.Query(query, row);

        public Task Settle(string key) => database.Settle(key);
    }

    /// <summary>Asks for the plan of every query.</summary>
    private sealed class Explaining(ISqlDatabase database, string connectionString) : ISqlDatabase
    {
        private readonly Loopwave.Storage.Sql.Postgres.PostgresTexts _texts = new();
        private readonly List<(string Plan, string Sql)> _plans = [];

        public ISqlDialect Dialect => database.Dialect;

        public Task<UnitResult> Run(Unit unit) => database.Run(unit);

        public Task Settle(string key) => database.Settle(key);

        public async Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row)
        {
            await Explain(query);
            return await database.Query(query, row);
        }

        public async Task Explain(Statement statement)
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync();
            await using var explain = _texts.Command(statement with { Sql = "EXPLAIN " + statement.Sql }, connection);
            await using var plan = await explain.ExecuteReaderAsync();
            var lines = new List<string>();
            while (await plan.ReadAsync())
            {
                lines.Add(plan.GetString(0));
            }

            _plans.Add((string.Join('\n', lines), statement.Sql));
        }

        public void AssertIndexed(bool sorts)
        {
            Assert.NotEmpty(_plans);
            foreach (var (plan, sql) in _plans)
            {
                Assert.False(plan.Contains("Seq Scan", StringComparison.Ordinal), $"{sql}\n{plan}");
                Assert.False(!sorts && plan.Contains("Sort", StringComparison.Ordinal), $"{sql}\n{plan}");
            }

            _plans.Clear();
        }
    }
}
