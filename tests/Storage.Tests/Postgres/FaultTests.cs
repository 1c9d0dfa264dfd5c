using System.Collections.Concurrent;
using System.Diagnostics;
using Loopwave.Deployment;
using Loopwave.Numbers;
using Loopwave.Processes;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Postgres;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Testing.Api;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>A server that dies, hangs or is not there, and connections that break. Each test has a server of its own.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private static readonly TimeSpan ToldWithin = TimeSpan.FromSeconds(5);

    private PostgresServer _server = null!;
    private string _name = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.Start();
        _name = await _server.CreateDatabase();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_server_that_is_killed_in_the_middle_of_writes_loses_nothing_that_was_confirmed_and_all_writers_recover()
    {
        await using var backend = Open();
        var owners = new List<Owned>();
        for (var i = 0; i < 12; i++)
        {
            owners.Add(await Sample.OwnedNumber(backend));
        }

        var confirmed = new ConcurrentDictionary<string, Owned>();
        using var stop = new CancellationTokenSource();
        var writing = owners.Select(owned => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var message = Sample.Message(Sample.Chat(owned.Id), fromMe: true);
                try
                {
                    if (await backend.Numbers.Commit(
                        owned.Change() with { NewMessages = [message], Events = [Sample.Event(message, 1)] }, new CommitLane()) is CommitResult.Committed)
                    {
                        confirmed[message.Id] = owned;
                    }
                }
                catch (StorageUnavailableException)
                {
                    await Task.Yield();
                }
            }
        })).ToList();
        for (var kill = 1; kill <= 3; kill++)
        {
            var before = confirmed.Count;
            await Until(() => confirmed.Count > before + 200);
            await _server.Kill();
            await _server.Go();
        }

        // Each of them, since each has its own writer.
        var since = confirmed.Count;
        var recovered = Stopwatch.StartNew();
        var counts = confirmed.Values.GroupBy(owned => owned.Id).ToDictionary(group => group.Key, group => group.Count());
        await Until(() => confirmed.Values.GroupBy(owned => owned.Id).All(group => group.Count() > counts.GetValueOrDefault(group.Key)) && confirmed.Count > since + 200);
        Assert.InRange(recovered.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        await stop.CancelAsync();
        await Task.WhenAll(writing);

        foreach (var some in confirmed.Keys.Chunk(500))
        {
            Assert.Equal(some.Length, (await backend.Messages.Get(some)).Count);
        }

        foreach (var owned in owners)
        {
            var stored = await backend.Database.Query(
                new Statement("SELECT count(*) FROM message WHERE number = @number", ("@number", owned.Id)), row => row.GetInt32(0));
            Assert.Equal(stored.Single(), (await backend.Outbox(owned.Id)).Count);
        }
    }

    [Fact]
    public async Task A_server_that_hangs_is_told_within_five_seconds_and_work_goes_on_when_it_answers_again()
    {
        await using var backend = Open(new PostgresDatabaseOptions(_server.ConnectionString(_name)).Patience);
        var owned = await Sample.OwnedNumber(backend);
        _server.Freeze(true);
        try
        {
            var clock = Stopwatch.StartNew();
            var write = backend.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "hung" } }, owned.Lane);
            var read = backend.Numbers.Engine(owned.Id);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => write);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => read);
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, ToldWithin);
            Assert.True(owned.Lane.IsBroken);
        }
        finally
        {
            _server.Freeze(false);
        }

        var stored = await Eventually(() => backend.Numbers.Load(owned.Id));
        Assert.Contains(stored!.Document.Label, new[] { "Support", "hung" });
        Assert.Equal(CommitResult.Committed, await Eventually(() => backend.Numbers.Commit(owned.Change(), new CommitLane())));
        Assert.Equal(stored.Document.Label, (await backend.Numbers.Load(owned.Id))!.Document.Label);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_told_at_once_and_a_lease_can_be_renewed_as_soon_as_it_is_back()
    {
        await using var backend = Open();
        await backend.Ownership.Register("silo", TimeSpan.FromMinutes(5));
        await _server.Kill();

        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => backend.Ownership.Renew("silo", TimeSpan.FromMinutes(5)));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => backend.Deployment.Probe(TestContext.Current.CancellationToken));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, ToldWithin);

        await _server.Go();
        Assert.True(await Eventually(() => backend.Ownership.Renew("silo", TimeSpan.FromMinutes(5))));
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_fails_for_its_caller_and_is_decided_before_anybody_reads()
    {
        await using var proxy = new CuttingProxy(_server.Port);
        await using var backend = Open(connectionString: _server.ConnectionString(_name).Replace($"Port={_server.Port}", $"Port={proxy.Port}"));
        for (var round = 0; round < 10; round++)
        {
            var owned = await Sample.OwnedNumber(backend);
            backend.Writes.OnCommitting = () =>
            {
                backend.Writes.OnCommitting = null;
                proxy.CutNext();
            };

            var doubtful = backend.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "doubtful" } }, owned.Lane);
            var behind = backend.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "behind" } }, owned.Lane);

            await Assert.ThrowsAsync<StorageUnavailableException>(() => doubtful);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => behind);
            Assert.True(owned.Lane.IsBroken);
            var seen = (await backend.Numbers.Load(owned.Id))!.Document.Label;
            Assert.Equal(CommitResult.Committed, await backend.Numbers.Commit(owned.Change(), new CommitLane()));
            Assert.Equal(seen, (await backend.Numbers.Load(owned.Id))!.Document.Label);

            // The server had the commit in full; the second change came along with the first, or not at all.
            Assert.NotEqual("Support", seen);
        }
    }

    [Fact]
    public async Task A_server_that_takes_no_writes_for_a_while_is_told_as_one_that_is_away_and_work_goes_on_when_it_does_again()
    {
        await using var backend = Open();
        var owned = await Sample.OwnedNumber(backend);
        var locks = new Unit([new Statement("SELECT epoch FROM number_owner WHERE number = @number FOR UPDATE", ("@number", owned.Id)).Returning()], owned.Id);
        for (var round = 0; round < 3; round++)
        {
            // New connections prepare their statements meanwhile.
            await _server.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> current_database()");
            await TakeWrites(false);
            for (var attempt = 0; attempt < 6; attempt++)
            {
                await Assert.ThrowsAsync<StorageUnavailableException>(() => backend.Database.Run(locks));
            }

            await TakeWrites(true);
            Assert.True((await Eventually(() => backend.Database.Run(locks))).Committed);
            Assert.Equal(CommitResult.Committed, await Eventually(() => backend.Numbers.Commit(owned.Change(), new CommitLane())));
        }
    }

    [Fact]
    public async Task Connections_that_died_while_nobody_used_them_are_not_noticed()
    {
        await using var backend = Open();
        var owned = await Sample.OwnedNumber(backend);
        for (var round = 0; round < 5; round++)
        {
            await _server.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> current_database()");
            Assert.Equal(CommitResult.Committed, await backend.Numbers.Commit(owned.Change(), owned.Lane));
            Assert.NotNull(await backend.Numbers.Load(owned.Id));
        }
    }

    [Fact]
    public async Task A_process_starts_before_its_server_and_works_once_that_is_there()
    {
        await _server.Kill();
        using var storage = new PostgresStorage(
            new PostgresStorageOptions { Uri = _server.ConnectionString(_name), CredentialsKey = PostgresCredentials.NewKey() }, NullLoggerFactory.Instance);
        var deployment = new SqlDeploymentStore(storage.Database);
        var opening = storage.Open(TimeProvider.System, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => deployment.Setting("name"));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => deployment.PutSetting("name", "value"));

        await _server.Go();
        await opening;
        await deployment.PutSetting("name", "value");
        Assert.Equal("value", await deployment.Setting("name"));
    }

    [Fact]
    public async Task A_server_that_hangs_while_a_process_waits_to_start_is_said_and_the_process_stops_when_it_is_asked_to()
    {
        var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var storage = new PostgresStorage(
            new PostgresStorageOptions { Uri = _server.ConnectionString(_name), CredentialsKey = PostgresCredentials.NewKey() }, loggers);
        using var stop = new CancellationTokenSource();
        await using var other = new NpgsqlConnection(_server.ConnectionString(_name) + ";Pooling=false");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using var hold = new NpgsqlCommand("SELECT pg_advisory_lock($1)", other)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = PostgresLocks.Key(PostgresMigrations.Lock) } },
        };
        await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var opening = storage.Open(TimeProvider.System, stop.Token);
        await Until(() => !log.Lines.IsEmpty);

        _server.Freeze(true);
        try
        {
            var frozen = Stopwatch.StartNew();
            await Until(() => log.Lines.Any(line => line.Contains("Storage is not available", StringComparison.Ordinal)));
            Assert.InRange(frozen.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
            Assert.False(opening.IsCompleted);

            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken));
        }
        finally
        {
            _server.Freeze(false);
        }
    }

    private PostgresBackend Open(TimeSpan? patience = null, string? connectionString = null) =>
        PostgresBackend.Open(_server, _name, isOwner: false, connectionString, patience);

    private async Task TakeWrites(bool does)
    {
        await _server.Execute($"ALTER SYSTEM SET default_transaction_read_only = {(does ? "off" : "on")}");
        await _server.Execute("SELECT pg_reload_conf()");
        await using var look = new NpgsqlConnection(_server.ConnectionString(_name) + ";Pooling=false");
        await look.OpenAsync(TestContext.Current.CancellationToken);
        await using var show = new NpgsqlCommand("SHOW default_transaction_read_only", look);
        var began = Stopwatch.StartNew();
        while (await show.ExecuteScalarAsync(TestContext.Current.CancellationToken) as string != (does ? "off" : "on"))
        {
            Assert.True(began.Elapsed < TimeSpan.FromSeconds(20), "The server kept its setting.");
        }
    }

    private static async Task Until(Func<bool> holds)
    {
        var clock = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "It came to nothing.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<T> Eventually<T>(Func<Task<T>> act)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await act();
            }
            catch (StorageUnavailableException) when (attempt < 100)
            {
                // Still hanging, or still starting.
            }
        }
    }
}
