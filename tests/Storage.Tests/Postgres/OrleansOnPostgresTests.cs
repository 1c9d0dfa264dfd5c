using Loopwave.Storage.Tests.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>What Orleans keeps in the database: through our own stores, and through its ADO.NET providers with our statements.</summary>
public sealed class OrleansOnPostgresTests : IAsyncDisposable
{
    private readonly PostgresBackend _backend = PostgresBackend.Create();

    private string ConnectionString => _backend.Server.ConnectionString(_backend.Name) + ";Pooling=false";

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task State_and_reminders_of_a_grain_outlive_the_process()
    {
        await using (var silo = await Start())
        {
            var grain = silo.Client.GetGrain<IRememberingGrain>("a");
            await grain.Remember("first");
            await grain.Remember("second");
        }

        await using var again = await Start();
        Assert.Equal(["first", "second", "reminder wake"], await again.Client.GetGrain<IRememberingGrain>("a").Recall());
    }

    [Fact]
    public async Task The_table_of_silos_has_one_version_and_whoever_comes_second_changes_nothing()
    {
        using var host = Host();
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(true, Token);
        await table.InitializeMembershipTableAsync(true, Token);
        var empty = await table.ReadAllAsync(Token);
        Assert.Empty(empty.Members);

        var (one, two) = (Silo(11111), Silo(22222));
        Assert.True(await table.InsertRowAsync(one, empty.Version.Next(), Token));
        Assert.False(await table.InsertRowAsync(two, empty.Version.Next(), Token));
        var first = await table.ReadAllAsync(Token);
        Assert.False(await table.InsertRowAsync(one, first.Version.Next(), Token));
        Assert.True(await table.InsertRowAsync(two, first.Version.Next(), Token));

        var both = await table.ReadAllAsync(Token);
        Assert.Equal(2, both.Members.Count);
        var (entry, etag) = both.Members.Single(member => member.Item1.SiloAddress.Equals(one.SiloAddress));
        Assert.Equal((one.SiloName, one.HostName, one.ProxyPort, SiloStatus.Joining), (entry.SiloName, entry.HostName, entry.ProxyPort, entry.Status));
        entry.Status = SiloStatus.Active;
        entry.SuspectTimes = [Tuple.Create(two.SiloAddress, Now)];
        Assert.True(await table.UpdateRowAsync(entry, etag, both.Version.Next(), Token));
        Assert.False(await table.UpdateRowAsync(entry, etag, both.Version.Next(), Token));

        var read = await table.ReadRowAsync(one.SiloAddress, Token);
        var stored = Assert.Single(read.Members).Item1;
        Assert.Equal((SiloStatus.Active, Now), (stored.Status, Assert.Single(stored.SuspectTimes!).Item2));

        stored.IAmAliveTime = Now.AddMinutes(1);
        await table.UpdateIAmAliveAsync(stored, Token);
        Assert.Equal(Now.AddMinutes(1), (await table.ReadRowAsync(one.SiloAddress, Token)).Members[0].Item1.IAmAliveTime);
    }

    [Fact]
    public async Task Silos_that_are_over_are_forgotten_and_those_that_live_are_not()
    {
        using var host = Host();
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(true, Token);
        foreach (var (port, status, alive) in new[] { (1, SiloStatus.Dead, -2), (2, SiloStatus.Active, -2), (3, SiloStatus.Dead, 2) })
        {
            var silo = Silo(port);
            (silo.Status, silo.IAmAliveTime) = (status, Now.AddHours(alive));
            Assert.True(await table.InsertRowAsync(silo, (await table.ReadAllAsync(Token)).Version.Next(), Token));
        }

        await table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(Now), Token);

        Assert.Equal([2, 3], (await table.ReadAllAsync(Token)).Members.Select(member => member.Item1.SiloAddress.Endpoint.Port).Order());
        await table.DeleteMembershipTableEntriesAsync("test", Token);
        await table.InitializeMembershipTableAsync(true, Token);
        Assert.Empty((await table.ReadAllAsync(Token)).Members);
    }

    [Fact]
    public async Task The_way_into_the_cluster_is_through_silos_that_are_active()
    {
        using var host = Host();
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(true, Token);
        foreach (var (port, status) in new[] { (1, SiloStatus.Active), (2, SiloStatus.Joining) })
        {
            var silo = Silo(port);
            silo.Status = status;
            Assert.True(await table.InsertRowAsync(silo, (await table.ReadAllAsync(Token)).Version.Next(), Token));
        }

        using var client = new HostBuilder().UseOrleansClient(orleans => orleans.UseAdoNetClustering(options =>
            (options.Invariant, options.ConnectionString) = ("Npgsql", ConnectionString)).Configure<ClusterOptions>(Names)).Build();
        var gateways = client.Services.GetRequiredService<Orleans.Messaging.IGatewayListProvider>();
        await gateways.InitializeGatewayListProvider();
        Assert.Equal(30000, Assert.Single(await gateways.GetGateways()).Port);
    }

    [Fact]
    public async Task Reminders_of_the_ado_net_provider_come_back_by_grain_and_by_their_piece_of_the_ring()
    {
        using var host = Host();
        var table = host.Services.GetRequiredService<IReminderTable>();
        await table.StartAsync(Token);
        var entries = Enumerable.Range(0, 20).Select(i => new ReminderEntry
        {
            GrainId = GrainId.Create("loopwave.test", "grain " + i), ReminderName = "wake", StartAt = Now, Period = TimeSpan.FromMinutes(5),
        }).ToList();
        foreach (var entry in entries)
        {
            entry.ETag = (await table.UpsertRow(entry, Token))!;
        }

        var one = entries[3];
        var read = (await table.ReadRow(one.GrainId, one.ReminderName, Token))!;
        Assert.Equal((one.StartAt, one.Period, one.ETag), (read.StartAt, read.Period, read.ETag));
        Assert.Equal(one.GrainId, Assert.Single((await table.ReadRows(one.GrainId, Token)).Reminders).GrainId);
        Assert.Equal(20, (await table.ReadRows(0, 0, Token)).Reminders.Count);
        var (middle, top) = (uint.MaxValue / 2, uint.MaxValue);
        Assert.Equal(
            20, (await table.ReadRows(0, middle, Token)).Reminders.Count + (await table.ReadRows(middle, top, Token)).Reminders.Count
                + entries.Count(entry => entry.GrainId.GetUniformHashCode() == 0));

        var newer = (await table.UpsertRow(one, Token))!;
        Assert.False(await table.RemoveRow(one.GrainId, one.ReminderName, one.ETag!, Token));
        Assert.True(await table.RemoveRow(one.GrainId, one.ReminderName, newer, Token));
        Assert.Equal(19, (await table.ReadRows(0, 0, Token)).Reminders.Count);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DateTime Now { get; } = new(2026, 6, 29, 10, 15, 0, DateTimeKind.Utc);

    private static MembershipEntry Silo(int port) => new()
    {
        SiloAddress = SiloAddress.New(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port), port), SiloName = "silo " + port, HostName = "host",
        Status = SiloStatus.Joining, ProxyPort = 30000, StartTime = Now, IAmAliveTime = Now, SuspectTimes = [],
    };

    private static void Names(ClusterOptions names) => (names.ClusterId, names.ServiceId) = ("test", "loopwave");

    // Never started: only its tables are used.
    private IHost Host() => new HostBuilder().UseOrleans(silo => silo
        .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", ConnectionString))
        .UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = ("Npgsql", ConnectionString))
        .Configure<ClusterOptions>(Names)).Build();

    private async Task<InProcessTestCluster> Start()
    {
        var storage = new PostgresStorage(
            new PostgresStorageOptions { Uri = ConnectionString, CredentialsKey = PostgresCredentials.NewKey() }, NullLoggerFactory.Instance);
        await storage.Open(TimeProvider.System, TestContext.Current.CancellationToken);
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ServiceId = "loopwave";
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddPostgresStorage(storage);
            silo.UsePostgresStorage();
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }
}
