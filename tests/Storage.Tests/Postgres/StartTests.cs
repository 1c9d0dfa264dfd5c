using Loopwave.Deployment;
using Loopwave.Messages;
using Loopwave.Processes;
using Loopwave.Sandbox;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Postgres;
using Loopwave.Testing.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>Opening the data of a cluster: by several at once, and a sentence for whatever is wrong.</summary>
public sealed class StartTests : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private string _name = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Get();
        _name = await _server.CreateDatabase();
    }

    public async ValueTask DisposeAsync() => await _server.DropDatabase(_name);

    [Fact]
    public async Task Processes_that_start_together_on_an_empty_database_all_come_up_and_each_script_runs_once()
    {
        var key = PostgresCredentials.NewKey();
        var storages = Enumerable.Range(0, 4).Select(_ => Storage(key)).ToList();
        await Task.WhenAll(storages.Select(Open));

        var scripts = await storages[0].Database.Query(new Statement("SELECT scriptname FROM schemaversions ORDER BY schemaversionsid"), row => row.GetString(0));
        Assert.Equal(scripts.Distinct().Order(StringComparer.Ordinal), scripts);
        Assert.NotEmpty(scripts);
        storages.ForEach(storage => storage.Dispose());
    }

    [Fact]
    public async Task A_database_of_a_later_release_is_refused_and_left_alone()
    {
        using (var storage = Storage())
        {
            await Open(storage);
        }

        await _server.Execute("INSERT INTO schemaversions (scriptname, applied) VALUES ('0099-later.sql', now())", _name);
        using var older = Storage();
        var error = await Assert.ThrowsAsync<NewerSchemaException>(() => Open(older));
        Assert.Contains("newer release", error.Message);
    }

    [Fact]
    public async Task A_process_that_runs_is_told_that_a_later_release_has_come()
    {
        using var storage = Storage();
        await Open(storage);
        var store = new SqlDeploymentStore(storage.Database);
        Assert.False((await store.State()).IsNewer);

        await _server.Execute("INSERT INTO schemaversions (scriptname, applied) VALUES ('0099-later.sql', now())", _name);

        Assert.True((await store.State()).IsNewer);
    }

    [Fact]
    public async Task A_database_that_was_emptied_under_a_process_that_runs_is_one_that_is_away()
    {
        using var storage = Storage();
        await Open(storage);
        await _server.Execute("DELETE FROM schemaversions", _name);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => new SqlDeploymentStore(storage.Database).State());
    }

    [Fact]
    public async Task A_process_that_waits_for_the_changes_of_another_one_says_so_once_a_minute_and_comes_up_after_it()
    {
        var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var storage = Storage(loggers: loggers);
        using var patience = Patience();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var other = await HoldLock();

        var opening = storage.Open(clock, patience.Token);
        while (log.Lines.IsEmpty && await look.WaitForNextTickAsync(patience.Token))
        {
            Assert.False(opening.IsCompleted);
        }

        // It tries about as often as this loop goes round.
        var seconds = 0;
        for (; log.Lines.Count == 1 && await look.WaitForNextTickAsync(patience.Token); seconds++)
        {
            Assert.False(opening.IsCompleted);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(seconds, 60, 120);
        Assert.All(log.Lines, line => Assert.Contains("Another process brings the database up to date", line, StringComparison.Ordinal));

        await other.DisposeAsync();
        while (!opening.IsCompleted && await look.WaitForNextTickAsync(patience.Token))
        {
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        await opening;
        Assert.False((await new SqlDeploymentStore(storage.Database).State()).IsNewer);
    }

    [Fact]
    public async Task A_process_that_waits_for_the_changes_of_another_one_stops_when_it_is_asked_to()
    {
        var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var storage = Storage(loggers: loggers);
        using var patience = Patience();
        using var stop = new CancellationTokenSource();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        await using var other = await HoldLock();
        var opening = storage.Open(TimeProvider.System, stop.Token);
        while (log.Lines.IsEmpty && await look.WaitForNextTickAsync(patience.Token))
        {
            Assert.False(opening.IsCompleted);
        }

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.WaitAsync(patience.Token));
        Assert.False(patience.IsCancellationRequested);
    }

    [Fact]
    public async Task A_process_that_runs_a_script_for_long_stops_when_it_is_asked_to_and_leaves_nothing_half_done()
    {
        using var patience = Patience();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        await using var other = new NpgsqlConnection(_server.ConnectionString(_name) + ";Pooling=false");
        await using var looker = new NpgsqlConnection(_server.ConnectionString() + ";Pooling=false");
        using (var first = Storage())
        {
            await Open(first);
        }

        // The last script is to run again, and finds a table that somebody else works on.
        await _server.Execute("DELETE FROM schemaversions WHERE schemaversionsid = (SELECT max(schemaversionsid) FROM schemaversions)", _name);
        await other.OpenAsync(patience.Token);
        await looker.OpenAsync(patience.Token);
        await using var work = await other.BeginTransactionAsync(patience.Token);
        await using var hold = new NpgsqlCommand("LOCK TABLE chat, number, number_owner, contact, message IN ACCESS EXCLUSIVE MODE", other, work);
        await hold.ExecuteNonQueryAsync(patience.Token);
        using (var storage = Storage())
        {
            using var stop = new CancellationTokenSource();
            var opening = storage.Open(TimeProvider.System, stop.Token);
            await using var waiting = new NpgsqlCommand(
                $"SELECT count(*) FROM pg_stat_activity WHERE datname = '{_name}' AND wait_event_type = 'Lock'", looker);
            while (await waiting.ExecuteScalarAsync(patience.Token) is 0L && await look.WaitForNextTickAsync(patience.Token))
            {
                Assert.False(opening.IsCompleted);
            }

            await stop.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.WaitAsync(patience.Token));
            Assert.False(patience.IsCancellationRequested);
        }

        await work.RollbackAsync(patience.Token);
        using var again = Storage();
        await Open(again);
    }

    [Fact]
    public async Task A_database_of_another_cluster_is_refused_with_its_name_and_stays_that_ones()
    {
        using (var first = Storage(cluster: "east"))
        {
            await Open(first);
        }

        using (var stranger = Storage(cluster: "west"))
        {
            var error = await Assert.ThrowsAsync<DatabaseUnsuitableException>(() => Open(stranger));
            Assert.Contains("CLUSTER_ID is \"west\"", error.Message);
            Assert.Contains("\"east\"", error.Message);
        }

        using var again = Storage(cluster: "east");
        await Open(again);
    }

    [Fact]
    public async Task Who_keeps_no_data_sees_whose_the_database_is_and_how_far_its_clock_is_off()
    {
        var token = TestContext.Current.CancellationToken;
        var connection = _server.ConnectionString(_name);
        Assert.Null(await ClusterDatabase.Look(connection, TimeProvider.System, token));
        using (var storage = Storage())
        {
            await Open(storage);
        }

        Assert.Null(await ClusterDatabase.Look(connection, TimeProvider.System, token));
        using (var storage = Storage(cluster: "east"))
        {
            await Open(storage);
        }

        Assert.Equal(new ClusterDatabaseView("loopwave/east", TimeSpan.Zero), await ClusterDatabase.Look(connection, TimeProvider.System, token));
        var late = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(-20));
        Assert.InRange((await ClusterDatabase.Look(connection, late, token))!.Skew.TotalSeconds, 20, 60);
        Assert.Null(await ClusterDatabase.Look(_server.ConnectionString("nowhere"), TimeProvider.System, token));
    }

    [Theory]
    [InlineData("Database", "nowhere", "the database that POSTGRES_URI names is not there")]
    [InlineData("Username", "nobody", "PostgreSQL does not let Loopwave in")]
    public async Task What_an_operator_has_to_mend_is_said_in_the_log_while_it_is_waited_for(string part, string value, string said)
    {
        var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        var address = new NpgsqlConnectionStringBuilder(_server.ConnectionString(_name)) { [part] = value };
        using var storage = new PostgresStorage(new PostgresStorageOptions { Uri = address.ConnectionString, CredentialsKey = PostgresCredentials.NewKey() }, loggers);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        stop.CancelAfter(TimeSpan.FromSeconds(30));

        var opening = storage.Open(TimeProvider.System, stop.Token);
        while (log.Lines.IsEmpty && await look.WaitForNextTickAsync(stop.Token))
        {
            Assert.False(opening.IsCompleted);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        Assert.Contains(said, Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_that_is_far_from_the_databases_is_refused()
    {
        using var storage = Storage();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(-20));
        var error = await Assert.ThrowsAsync<DatabaseUnsuitableException>(() => storage.Open(clock, TestContext.Current.CancellationToken));
        Assert.Contains("clocks", error.Message);
    }

    [Fact]
    public async Task A_key_that_is_not_the_deployments_is_refused_once_there_are_credentials()
    {
        var key = PostgresCredentials.NewKey();
        using (var first = Storage(PostgresCredentials.NewKey()))
        {
            await Open(first);
        }

        using (var changed = Storage(key))
        {
            await Open(changed);
            await changed.Credentials.Save(NewId.Number(), 1, [new("creds", [1])], begins: true);
        }

        using (var same = Storage(key))
        {
            await Open(same);
        }

        using var other = Storage(PostgresCredentials.NewKey());
        var error = await Assert.ThrowsAsync<DatabaseUnsuitableException>(() => Open(other));
        Assert.Contains("CREDENTIALS_KEY", error.Message);
    }

    [Fact]
    public async Task A_commit_is_on_disk_before_it_is_answered_whatever_the_servers_own_setting_is()
    {
        await _server.Execute($"ALTER DATABASE {_name} SET synchronous_commit = off");
        using var storage = Storage();
        await Open(storage);
        var setting = await storage.Database.Run(new Unit([new Statement("SELECT current_setting('synchronous_commit')").Returning()]));
        Assert.Equal("on", setting.Value);
    }

    [Fact]
    public async Task Every_port_is_registered()
    {
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddPostgresStorage(new PostgresStorageOptions { Uri = _server.ConnectionString(_name), CredentialsKey = PostgresCredentials.NewKey() });
        await using var services = collection.BuildServiceProvider();
        foreach (var port in collection.Select(service => service.ServiceType).Where(type => type.Namespace!.StartsWith("Loopwave", StringComparison.Ordinal)))
        {
            Assert.NotNull(services.GetRequiredService(port));
        }

        await Assert.ThrowsAsync<StorageUnavailableException>(() => services.GetRequiredService<IMessageStore>().Get(["m_unknown"]));
        await Open(services.GetRequiredService<PostgresStorage>());
        Assert.Empty(await services.GetRequiredService<IMessageStore>().Get(["m_unknown"]));
        Assert.Null((await services.GetRequiredService<ISandboxRecord>().Load("n")).Account);
    }

    [Theory]
    [InlineData("postgresql://dana:s%40crt%3A@db.example:6543/loop?sslmode=require", "db.example", 6543, "dana", "s@crt:", "loop")]
    [InlineData("postgres://dana@db.example/loop?connect_timeout=10&application_name=x", "db.example", 5432, "dana", null, "loop")]
    [InlineData("postgresql:///loop?host=/var/run/postgresql&user=dana", "/var/run/postgresql", 5432, "dana", null, "loop")]
    [InlineData("Host=db.example;Port=6543;Username=dana;Password=s@crt:;Database=loop", "db.example", 6543, "dana", "s@crt:", "loop")]
    public void The_address_of_the_database_is_read_in_both_forms(string uri, string host, int port, string user, string? password, string database)
    {
        var read = new NpgsqlConnectionStringBuilder(PostgresUri.Parse(uri));
        Assert.Equal((host, port, user, password, database), (read.Host, read.Port, read.Username, read.Password, read.Database));
    }

    [Theory]
    [InlineData("disable", SslMode.Disable)]
    [InlineData("require", SslMode.Require)]
    [InlineData("verify-full", SslMode.VerifyFull)]
    public void How_the_way_there_is_secured_is_read_as_others_name_it(string name, SslMode mode) =>
        Assert.Equal(mode, new NpgsqlConnectionStringBuilder(PostgresUri.Parse($"postgresql://u@h/d?sslmode={name}")).SslMode);

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("Database=loop;Password=hunter2")]
    [InlineData("postgresql://dana:hunter2@/loop")]
    [InlineData("postgresql://dana:hun#ter2@h:port/loop")]
    [InlineData("postgresql://dana:hunter2@h/loop?sslmode=sometimes")]
    [InlineData("postgresql://dana:hunter2@h/loop?unheard=of")]
    [InlineData("Host=h;Password=hunter2;Unheard=of")]
    public void An_address_that_cannot_be_used_is_one_sentence_without_the_password(string uri)
    {
        var error = Assert.Throws<DatabaseUnsuitableException>(() => PostgresUri.Parse(uri));
        Assert.Contains("POSTGRES_URI", error.Message);
        Assert.DoesNotContain("ter2", error.Message);
    }

    [Fact]
    public void A_key_that_is_none_is_refused() => Assert.Throws<StorageDamagedException>(() => Storage("short"));

    // As another process does while it brings the database up to date; over when it is disposed of.
    private async Task<NpgsqlConnection> HoldLock()
    {
        var connection = new NpgsqlConnection(_server.ConnectionString(_name) + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var take = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = PostgresLocks.Key(PostgresMigrations.Lock) } },
        };
        await take.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private static CancellationTokenSource Patience()
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        return patience;
    }

    private PostgresStorage Storage(string? key = null, string? cluster = null, ILoggerFactory? loggers = null) => new(
        new PostgresStorageOptions
        {
            Uri = _server.ConnectionString(_name),
            CredentialsKey = key ?? PostgresCredentials.NewKey(),
            Cluster = cluster is null ? null : new ClusterIdentity("loopwave", cluster),
        },
        loggers ?? NullLoggerFactory.Instance);

    private static Task Open(PostgresStorage storage) => storage.Open(TimeProvider.System, TestContext.Current.CancellationToken);
}
