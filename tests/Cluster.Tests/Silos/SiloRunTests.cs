using System.Net;
using System.Net.Sockets;
using Loopwave.Configuration;
using Loopwave.Network;
using Loopwave.Processes;
using Loopwave.Starting;
using Loopwave.Storage;
using Loopwave.Testing.Api;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>How the life of a silo ends when nobody asked it to end.</summary>
public sealed class SiloRunTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LogLines _log = new();
    private readonly Handed _handed = new();
    private readonly Part _part = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("loopwave-silo-run-").FullName;
    private PostgresServer _server = null!;
    private string _database = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.Start();
        _database = await _server.CreateDatabase();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(TaskCanceledException))]
    public async Task A_silo_of_which_a_part_fails_hands_its_numbers_over_and_ends_with_the_name_of_that_part(Type reason)
    {
        using var silo = Host();
        var run = Run(silo);
        await IsReady(run);

        _part.Fails.SetException((Exception)Activator.CreateInstance(reason)!);

        var fault = await Assert.ThrowsAsync<PartFailedException>(() => run.WaitAsync(Patience));
        Assert.StartsWith("Part failed", fault.Message, StringComparison.Ordinal);
        Assert.IsType(reason, fault.InnerException);
        Assert.True(_handed.Over);
        Assert.True(silo.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.IsCancellationRequested);
        Assert.Contains(_log.Lines, line => line.StartsWith("Critical", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_silo_of_which_a_part_fails_ends_although_it_cannot_hand_its_numbers_over()
    {
        using var silo = Host();
        var run = Run(silo);
        await IsReady(run);
        _handed.Fails = true;

        _part.Fails.SetException(new InvalidOperationException());

        await Assert.ThrowsAsync<PartFailedException>(() => run.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_silo_of_which_a_part_fails_while_it_starts_ends_with_the_name_of_that_part()
    {
        using var silo = Host(services => services.AddHostedService<StartsForEver>());
        _part.Fails.SetException(new InvalidOperationException());

        var fault = await Assert.ThrowsAsync<PartFailedException>(() => Run(silo).WaitAsync(Patience));

        Assert.StartsWith("Part failed", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_asked_to_stop_hands_its_numbers_over_and_ends_in_peace()
    {
        using var silo = Host();
        var run = Run(silo);
        await IsReady(run);

        await _stop.CancelAsync();

        Assert.Null(await run.WaitAsync(Patience));
        Assert.True(_handed.Over);
    }

    [Fact]
    public void A_part_that_failed_is_nothing_that_an_operator_mends_whatever_it_failed_with() =>
        Assert.Null(StartRefusal.Of(new PartFailedException("Part", new SocketException((int)SocketError.AddressNotAvailable))));

    // Before anything starts, before Orleans looks at its table of silos, and before it writes itself into that.
    [Theory]
    [InlineData(null)]
    [InlineData(ServiceLifecycleStage.RuntimeInitialize - 1)]
    [InlineData(ServiceLifecycleStage.BecomeActive - 1)]
    public async Task A_silo_whose_database_goes_away_while_it_joins_ends_to_be_started_again(int? stage)
    {
        using var way = new FaultProxy(IPAddress.Loopback, new IPEndPoint(IPAddress.Loopback, _server.Port));
        var cut = new Cut(way, stage);
        using var silo = RealSilo(way, TimeSpan.FromSeconds(5), cut);

        var end = await Run(silo).WaitAsync(Patience);

        Assert.True(cut.Done.IsCompleted);
        Assert.Equal(ExitCodes.StartAgain, end!.ExitCode);
        Assert.Contains("The database went away while this silo joined the cluster.", end.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(_log.Lines, line => line.Contains("is ready", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_silo_that_is_asked_to_stop_while_it_cannot_join_does_so()
    {
        using var way = new FaultProxy(IPAddress.Loopback, new IPEndPoint(IPAddress.Loopback, _server.Port));
        var cut = new Cut(way, ServiceLifecycleStage.BecomeActive - 1);
        using var silo = RealSilo(way, TimeSpan.FromSeconds(20), cut);
        var run = Run(silo);
        await cut.Done.WaitAsync(Patience);

        await _stop.CancelAsync();

        Assert.Equal(new AbruptEnd(ExitCodes.AsAsked, null), await run.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_silo_that_is_asked_to_stop_once_the_others_see_it_hands_over_what_it_was_given_meanwhile()
    {
        using var way = new FaultProxy(IPAddress.Loopback, new IPEndPoint(IPAddress.Loopback, _server.Port));
        using var silo = RealSilo(way, Patience, new At(ServiceLifecycleStage.Active, () => _stop.CancelAsync()));

        Assert.Null(await Run(silo).WaitAsync(Patience));

        Assert.Contains(_log.Lines, line => line.Contains("Loopwave has stopped", StringComparison.Ordinal));
        Assert.Equal(SiloStatus.Dead, await StatusInTable());
    }

    [Fact]
    public async Task A_silo_of_which_a_part_fails_while_the_framework_starts_ends_with_the_name_of_that_part()
    {
        using var way = new FaultProxy(IPAddress.Loopback, new IPEndPoint(IPAddress.Loopback, _server.Port));
        IHost silo = null!;
        silo = RealSilo(way, Patience, new At(ServiceLifecycleStage.BecomeActive - 1, async () =>
        {
            _part.Fails.SetException(new InvalidOperationException());
            await Signal(silo.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        }));
        using var _ = silo;

        var fault = await Assert.ThrowsAsync<PartFailedException>(() => Run(silo).WaitAsync(Patience));

        Assert.StartsWith("Part failed", fault.Message, StringComparison.Ordinal);
    }

    private Task<AbruptEnd?> Run(IHost silo) => new SiloRun(
        silo, new SiloProgress(), TimeSpan.FromSeconds(20), silo.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Loopwave.Silo")).Until(_stop.Token);

    private async Task IsReady(Task run)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!_log.Lines.Any(line => line.Contains("is ready", StringComparison.Ordinal)))
        {
            Assert.False(run.IsCompleted);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "It does not start.");
            await RealTime.Pass(TimeSpan.FromMilliseconds(20));
        }
    }

    // What SiloRun needs of a silo, and a part beside it.
    private IHost Host(Action<IServiceCollection>? configure = null)
    {
        var builder = Empty();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<SiloEnd>();
        builder.Services.AddSingleton<ISiloDrain>(_handed);
        builder.Services.AddPostgresStorage(new PostgresStorageOptions { Uri = _server.ConnectionString(_database), CredentialsKey = Convert.ToBase64String(new byte[32]) });
        builder.Services.AddHostedService(_ => _part);
        configure?.Invoke(builder.Services);
        return builder.Build();
    }

    private async Task<SiloStatus> StatusInTable()
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString(_database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT status FROM cluster_member", connection);
        return (SiloStatus)(int)(await command.ExecuteScalarAsync())!;
    }

    private static async Task Signal(CancellationToken token)
    {
        var signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = token.Register(signal.SetResult);
        await signal.Task.WaitAsync(Patience);
    }

    private IHost RealSilo(FaultProxy way, TimeSpan joinsWithin, ILifecycleParticipant<ISiloLifecycle> disturbance)
    {
        var builder = Empty();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["POSTGRES_URI"] = _server.ConnectionString(_database, way.Address.Port),
            ["DATA_DIR"] = _folder,
            ["CREDENTIALS_KEY"] = Convert.ToBase64String(new byte[32]),
            ["JWT_SECRET"] = "for tests only, at least 32 bytes long",
            ["SILO_ADDRESS"] = "127.0.0.1",
            ["SILO_PORT"] = $"{LoopwaveDeployment.FreePort()}",
            ["GATEWAY_PORT"] = $"{LoopwaveDeployment.FreePort()}",
        });
        var settings = SettingsReader.Read(builder.Configuration, ProcessRole.Silo, out var mistakes);
        Assert.Empty(mistakes);
        builder.Services.AddHostedService(_ => _part);
        builder.AddClusterSilo(settings, settings.Cluster!);
        builder.Services.Configure<ClusterMembershipOptions>(membership => membership.MaxJoinAttemptTime = joinsWithin);
        builder.Services.AddSingleton(disturbance);
        if (disturbance is IHostedService hosted)
        {
            builder.Services.AddSingleton(hosted);
        }

        return builder.Build();
    }

    private HostApplicationBuilder Empty()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.AddProvider(_log);
        builder.Services.AddSingleton<IHostLifetime, EndsWithTheFront>();
        return builder;
    }

    /// <summary>Works beside the rest until it fails.</summary>
    private sealed class Part : BackgroundService
    {
        public TaskCompletionSource Fails { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Fails.Task.WaitAsync(stoppingToken);
    }

    private sealed class StartsForEver : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Handed : ISiloDrain
    {
        public bool Over { get; private set; }

        public bool Fails { get; set; }

        public Task Finish(CancellationToken stop)
        {
            if (Fails)
            {
                throw new InvalidOperationException("Broken, says the test.");
            }

            Over = true;
            return Task.CompletedTask;
        }
    }

    /// <summary>Something that happens in the silo at a stage of its start.</summary>
    private sealed class At(int stage, Func<Task> act) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe("act", stage, _ => act());
    }

    /// <summary>Cuts the way to the database: when the host begins to start, or in the silo before this stage.</summary>
    private sealed class Cut(FaultProxy way, int? stage) : IHostedLifecycleService, ILifecycleParticipant<ISiloLifecycle>
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public void Participate(ISiloLifecycle lifecycle)
        {
            if (stage is { } before)
            {
                lifecycle.Subscribe("cut", before, _ => Happen());
            }
        }

        public Task StartingAsync(CancellationToken cancellationToken) => stage is null ? Happen() : Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        private Task Happen()
        {
            way.GoDown();
            _done.TrySetResult();
            return Task.CompletedTask;
        }
    }
}
