using System.Data.Common;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>Queries that wait for a connection go to the server together, and are still each its own.</summary>
public sealed class ReaderTests : IAsyncLifetime
{
    private const long Lock = 4711;

    // So many that nobody takes a query without its neighbours, even when all have nothing else to do.
    private const int Neighbours = 2 * PostgresReaders.Most;

    private NpgsqlDataSource _dataSource = null!;
    private NpgsqlConnection _holder = null!;
    private PostgresReaders _readers = null!;
    private List<Task> _atWork = null!;

    /// <summary>All connections for reading are at work until <see cref="Free"/>.</summary>
    public async ValueTask InitializeAsync()
    {
        var server = await TestServer.Get();
        _dataSource = NpgsqlDataSource.Create(server.ConnectionString("postgres"));
        var clock = TimeProvider.System;
        _readers = new PostgresReaders(_dataSource, new PostgresTexts(), new PostgresErrors(NullLogger.Instance, clock), clock, TimeSpan.FromSeconds(20));
        _holder = await _dataSource.OpenConnectionAsync();
        await Hold("pg_advisory_lock");
        _atWork = [.. Enumerable.Range(0, PostgresReaders.Most).Select(_ => (Task)Ask($"SELECT 1 FROM (SELECT pg_advisory_xact_lock({Lock})) AS held", _ => 1))];
        await UntilAllWait();
    }

    public async ValueTask DisposeAsync()
    {
        _readers.Dispose();
        await _holder.DisposeAsync();
        await _dataSource.DisposeAsync();
    }

    [Fact]
    public async Task What_waits_goes_in_few_round_trips_and_every_query_has_its_own_answer()
    {
        var asked = Enumerable.Range(0, 40).Select(n => Ask("SELECT @n, pg_backend_pid(), now()::text", row => (N: row.GetInt32(0), Trip: (row.GetInt32(1), row.GetString(2))), ("@n", n))).ToList();
        await Free();

        var answers = await Task.WhenAll(asked);
        Assert.Equal(Enumerable.Range(0, 40), answers.Select(rows => Assert.Single(rows).N));
        Assert.InRange(answers.Select(rows => rows[0].Trip).Distinct().Count(), 1, 2 * PostgresReaders.Most);
    }

    [Fact]
    public async Task A_query_that_fails_takes_no_other_with_it()
    {
        var before = Many(n => Ask("SELECT @n", row => row.GetInt32(0), ("@n", n)));
        var failing = Ask("SELECT 1 / @n", row => row.GetInt32(0), ("@n", 0));
        var after = Many(n => Ask("SELECT @n", row => row.GetInt32(0), ("@n", n)));
        await Free();

        Assert.Equal(Enumerable.Range(0, Neighbours), (await Task.WhenAll(before)).Select(Assert.Single));
        Assert.Equal(PostgresErrorCodes.DivisionByZero, (await Assert.ThrowsAsync<PostgresException>(() => failing)).SqlState);
        Assert.Equal(Enumerable.Range(0, Neighbours), (await Task.WhenAll(after)).Select(Assert.Single));
    }

    [Fact]
    public async Task Rows_that_their_caller_cannot_make_anything_of_are_no_others_concern()
    {
        var unreadable = Ask<int>("SELECT generate_series(1, 3)", _ => throw new FormatException("Not mine."));
        var after = Many(_ => Ask("SELECT generate_series(1, 3)", row => row.GetInt32(0)));
        await Free();

        await Assert.ThrowsAsync<FormatException>(() => unreadable);
        Assert.All(await Task.WhenAll(after), rows => Assert.Equal([1, 2, 3], rows));
    }

    private static List<Task<List<int>>> Many(Func<int, Task<List<int>>> ask) => [.. Enumerable.Range(0, Neighbours).Select(ask)];

    private Task<List<T>> Ask<T>(string sql, Func<DbDataReader, T> row, params (string, object?)[] parameters) =>
        _readers.Query(new Statement(sql, parameters), row);

    private async Task Free()
    {
        await Hold("pg_advisory_unlock");
        await Task.WhenAll(_atWork);
    }

    // What is asked before goes together with one of them.
    private async Task UntilAllWait()
    {
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {Lock} AND NOT granted", _holder);
        var began = TimeProvider.System.GetTimestamp();
        while (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is not (long)PostgresReaders.Most)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), "Not all connections are at work.");
        }
    }

    private async Task Hold(string how)
    {
        await using var command = new NpgsqlCommand($"SELECT {how}({Lock})", _holder);
        await command.ExecuteNonQueryAsync();
    }
}
