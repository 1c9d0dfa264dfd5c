using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Postgres;
using Npgsql;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>What is sent often is parsed once by a connection, and planned a few times.</summary>
public sealed class PreparedTests : IAsyncLifetime
{
    private PostgresSession _session = null!;
    private NpgsqlDataSource _dataSource = null!;

    public async ValueTask InitializeAsync()
    {
        _dataSource = NpgsqlDataSource.Create(PostgresConnections.ForWork((await TestServer.Get()).ConnectionString("postgres"), 1));
        _session = new PostgresSession(await _dataSource.OpenConnectionAsync(), new PostgresTexts());
        _session.Do(new Statement("CREATE TEMPORARY TABLE noted (name text, count bigint, bytes bytea)"));
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await _dataSource.DisposeAsync();
    }

    [Fact]
    public void A_statement_that_began_with_nulls_is_prepared_as_well_once_it_has_values()
    {
        for (var i = 0; i < 5; i++)
        {
            Note(null, null, null);
        }

        Note(null, 7, null);
        Note("one", null, null);
        Note(null, null, [1]);
        var before = Planned();
        for (var i = 0; i < 20; i++)
        {
            Note(i % 2 == 0 ? "some" : null, i % 3 == 0 ? i : null, i % 5 == 0 ? [2] : null);
        }

        Assert.InRange(Planned() - before, 18, 20);
        Assert.Equal("28", Ask("SELECT count(*)::text FROM noted"));
        Assert.Equal("11,8,5", Ask("SELECT count(name) || ',' || count(count) || ',' || count(bytes) FROM noted"));
    }

    private void Note(string? name, long? count, byte[]? bytes) => _session.Do(new Statement(
        "INSERT INTO noted (name, count, bytes) VALUES (@name, @count, @bytes)", ("@name", name), ("@count", count), ("@bytes", bytes)));

    /// <summary>How often a prepared statement was carried out.</summary>
    private long Planned() => long.Parse(
        Ask("SELECT coalesce(sum(generic_plans + custom_plans), 0)::text FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO noted%'"),
        System.Globalization.CultureInfo.InvariantCulture);

    private string Ask(string sql) => (string)_session.Send(new Statement(sql).Returning()).Done.Single().Value!;
}
