using System.Data.Common;
using Loopwave.Sandbox;
using Loopwave.Storage.Sandbox;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Postgres;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Storage.Tests.Sql;
using Npgsql;

namespace Loopwave.Storage.Tests.Postgres;

public sealed class PostgresQueryPlanTests : SharedQueryPlanTests
{
    private readonly PostgresBackend _backend = PostgresBackend.Create();
    private readonly PostgresPlans _plans;

    public PostgresQueryPlanTests()
    {
        _plans = new PostgresPlans(_backend.Database, _backend.Server.ConnectionString(_backend.Name));
        Planned = SqlPorts.On(_plans, _backend.Clock);
        Record = new PostgresSandboxRecord(_plans);
    }

    protected override StorePorts Planned { get; }

    protected override ISandboxRecord Record { get; }

    protected override IQueryPlans Plans => _plans;

    public override ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task The_statements_of_a_commit_follow_an_index()
    {
        var recording = new Recording(_backend.Database);
        var owned = await Sample.OwnedNumber(_backend);
        var chat = Sample.Chat(owned.Id);
        var message = Sample.Message(chat, fromMe: true);
        var numbers = new SqlNumberStore(recording, _backend.Clock);
        await numbers.Commit(
            owned.Change() with
            {
                Document = owned.Document, Timeline = [Sample.Transition(owned.Id, 9)], Aliases = [new(Sample.Jid(), chat.Party)],
                Merges = [new(NewId.Party(), chat.Party)], Chats = [chat], Contacts = [Sample.Contact(chat.Party)], NewMessages = [message],
                Enqueued = [Sample.Queue(message, 9)], Events = [Sample.Event(message, 9)], Idempotency = [Sample.Idempotency(message.Id)],
            },
            owned.Lane);
        await numbers.Commit(owned.Change() with { ChangedMessages = [message], ChangedQueue = [Sample.Queue(message, 9)], Dequeued = [9] }, owned.Lane);
        await new SqlOwnershipStore(recording).Claim(owned.Id, owned.Incarnation);

        Assert.InRange(recording.Statements.Count, 20, 60);
        foreach (var statement in recording.Statements)
        {
            await _plans.Explain(statement);
        }

        // The two oldest of what is over are found in order.
        await _plans.AssertIndexed(sorts: false);
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

        public Task Settle(string? key) => database.Settle(key);
    }

    /// <summary>Scans and sorts are made so dear that the planner takes one only where there is no other way.</summary>
    private sealed class PostgresPlans(ISqlDatabase database, string connectionString) : SqlPlans(database)
    {
        private readonly PostgresTexts _texts = new();
        private readonly string _connectionString =
            connectionString + ";Pooling=false;Options=-c enable_seqscan=off -c enable_sort=off";

        protected override async Task<IReadOnlyList<string>> Steps(Statement statement)
        {
            await using var connection = new NpgsqlConnection(_connectionString);
            await connection.OpenAsync();
            await using var explain = connection.CreateBatch();
            explain.BatchCommands.Add(_texts.Command(statement with { Sql = "EXPLAIN " + statement.Sql }));
            await using var plan = await explain.ExecuteReaderAsync();
            var lines = new List<string>();
            while (await plan.ReadAsync())
            {
                lines.Add(plan.GetString(0));
            }

            return [string.Join('\n', lines)];
        }

        protected override bool Scans(string plan) => plan.Contains("Seq Scan", StringComparison.Ordinal);

        protected override bool Sorts(string plan) => plan.Contains("Sort", StringComparison.Ordinal);
    }
}
