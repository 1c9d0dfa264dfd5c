using System.Collections.Concurrent;
using Loopwave.Processes;
using Loopwave.Storage.Sql.Postgres;
using Loopwave.Storage.Tests.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>The server of all tests in this assembly, started by the first that needs it, and a migrated database to copy.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private const string Template = "loopwave_template";

    private const string Empty =
        """
        DO $$
        DECLARE name text;
        BEGIN
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('schemaversions', 'orleansquery')
            LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
        END $$
        """;

    private static readonly Lazy<Task<PostgresServer>> s_server = new(Start);
    private static readonly ConcurrentBag<string> s_free = [];

    public static Task<PostgresServer> Get() => s_server.Value;

    /// <summary>A database with the whole schema and nothing in it.</summary>
    public static async Task<string> TakeDatabase() => s_free.TryTake(out var free) ? free : await (await Get()).CreateDatabase(Template);

    /// <summary>Empties a database for the next test, which is far quicker than a new one.</summary>
    public static async Task GiveBack(string database)
    {
        await (await Get()).Execute(Empty, database);
        s_free.Add(database);
    }

    public async ValueTask DisposeAsync()
    {
        if (s_server.IsValueCreated)
        {
            await (await s_server.Value).DisposeAsync();
        }
    }

    private static async Task<PostgresServer> Start()
    {
        var server = await PostgresServer.Start();
        await server.Execute($"CREATE DATABASE {Template} TEMPLATE template0");
        await PostgresMigrations.Apply(server.ConnectionString(Template), TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        return server;
    }
}
