using System.Text;
using System.Text.Json.Nodes;
using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Storage;
using Loopwave.Storage.Sql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orleans.TestingHost;

namespace Loopwave.Testing;

/// <summary>
/// One silo in memory, or several, with the real grains over real SQLite files, with the engine and the clock in the test's hands.
/// Doubles: <see cref="FakeEngine"/> in place of the network, <see cref="JumpingClock"/> in place of time (the silo's
/// own loops keep real time). Restarting it keeps the data.
/// </summary>
public sealed class LoopwaveCluster : IAsyncDisposable
{
    private readonly string _directory;
    private readonly bool _ownsDirectory;
    private readonly InProcessTestCluster _cluster;
    private readonly ClusterSetup _setup;
    private readonly SqliteStorage? _shared;

    private LoopwaveCluster(
        string directory, bool ownsDirectory, JumpingClock clock, InProcessTestCluster cluster, ClusterSetup setup, SqliteStorage? shared)
    {
        (_directory, _ownsDirectory, Clock, _cluster, _setup, _shared) = (directory, ownsDirectory, clock, cluster, setup, shared);
        Silos = [.. cluster.Silos.Select(silo => new TestSilo(silo))];
    }

    /// <summary>All silos that were started, also those that are gone by now.</summary>
    public IReadOnlyList<TestSilo> Silos { get; }

    public JumpingClock Clock { get; }

    public FakeEngine Engine => Silos[0].Engine;

    public IServiceProvider Services => _cluster.Silos[0].ServiceProvider;

    public IGrainFactory Grains => _cluster.Client;

    public IMessagesGrain Messages => Grains.GetGrain<IMessagesGrain>(0);

    public IChatsGrain Chats => Grains.GetGrain<IChatsGrain>(0);

    public INumbersGrain Numbers => Grains.GetGrain<INumbersGrain>(0);

    public IMediaGrain Media => Grains.GetGrain<IMediaGrain>(0);

    /// <summary>Where everything of this cluster is stored.</summary>
    public string DataDirectory => _directory;

    public static Task<LoopwaveCluster> Start(Action<IServiceCollection>? configure = null) => Start(new ClusterSetup { Configure = configure });

    public static Task<LoopwaveCluster> Start(ClusterSetup setup) =>
        Start(Directory.CreateTempSubdirectory("loopwave-test-").FullName, true, new JumpingClock(new DateTimeOffset(2026, 6, 29, 10, 14, 58, TimeSpan.Zero)), setup);

    public ICredentialStore Credentials => Services.GetRequiredService<ICredentialStore>();

    /// <summary>Asks until the answer is the one waited for, and fails with the last answer after a generous time.</summary>
    public async Task<T> Eventually<T>(Func<Task<T>> ask, Func<T, bool> until)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (until(answer))
            {
                return answer;
            }

            if (TimeProvider.System.GetElapsedTime(deadline) > TimeSpan.FromSeconds(20))
            {
                throw new TimeoutException($"Waited 20 s; the last answer was {answer}.");
            }

            await Task.Yield();
        }
    }

    /// <summary>
    /// Lets time pass in small steps until something is so: what takes several timers one after the other needs as many
    /// steps as the machine has the numbers wait for each other. Fails after half an hour, or after a generous real time.
    /// </summary>
    public async Task PassesUntil(Func<Task<bool>> isSo, double step = 0.5)
    {
        var (began, from) = (TimeProvider.System.GetTimestamp(), Clock.GetTimestamp());
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(20) || Clock.GetElapsedTime(from) > TimeSpan.FromMinutes(30))
            {
                throw new TimeoutException($"Waited {TimeProvider.System.GetElapsedTime(began)}, and {Clock.GetElapsedTime(from)} of the test's time.");
            }

            await Passes(step, step);
        }
    }

    /// <summary>
    /// Lets time pass as it really does until something is so: for what the silos' own loops take part in. Fails after a
    /// generous time.
    /// </summary>
    public async Task LivesUntil(Func<Task<bool>> isSo)
    {
        var (began, last) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetTimestamp());
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(60))
            {
                throw new TimeoutException("Waited a minute.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            var now = TimeProvider.System.GetTimestamp();
            Clock.Advance(TimeProvider.System.GetElapsedTime(last, now));
            last = now;
        }
    }

    /// <summary>Where a grain is activated; null when it is not.</summary>
    public async Task<SiloAddress?> SiloOf(string number) =>
        await Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(Number(number));

    /// <summary>Ends one silo of several without letting it tidy up.</summary>
    public Task Kill(TestSilo silo) => _cluster.KillSiloAsync(silo.Handle);

    /// <summary>Ends one silo of several as somebody does who asks its process to stop, which then hands nothing over.</summary>
    public Task Stop(TestSilo silo) => _cluster.StopSiloAsync(silo.Handle);

    /// <summary>Lets time pass in small steps, with waits in between that give numbers time for what fell due.</summary>
    public async Task Passes(double seconds, double step = 0.5)
    {
        for (var passed = 0.0; passed < seconds; passed += step)
        {
            Clock.Advance(TimeSpan.FromSeconds(step));
            await Settles();
        }
    }

    /// <summary>Gives numbers time for what fell due, without letting any pass.</summary>
    public async Task Settles()
    {
        for (var round = 0; round < 3; round++)
        {
            await Settled();
        }
    }

    // Behind every write that is under way, and behind what a grain does with its answer.
    private async Task Settled()
    {
        try
        {
            await Services.GetRequiredService<IDeploymentStore>().PutSetting("test", "settled");
        }
        catch (StorageUnavailableException)
        {
            // The disk is what the test is about.
        }

        await Chats.Get("c_0000000000", null, Access.All);
    }

    /// <summary>Lets time pass and answers every attempt of the number to connect, until it is ready.</summary>
    public Task ComesBack(string number) => PassesUntil(async () =>
    {
        if (Engine.HasOpen(number))
        {
            await Engine.NextOpen(number);
            await Engine.Raise(number, new EngineEvent.Opened("Acme"));
        }

        return (await View(number)).Status is NumberStatus.Ready;
    });

    /// <summary>Lets time pass until the number's next message is written to the network.</summary>
    public async Task<FakeRelay> Relayed(string number)
    {
        await PassesUntil(() => Task.FromResult(Engine.HasRelay(number)));
        return await Engine.NextRelay(number);
    }

    public INumberGrain Number(string id) => Grains.GetGrain<INumberGrain>(id);

    /// <summary>Ends a grain's activation, as a failure would, and returns once it is gone.</summary>
    public async Task Deactivate(IAddressable grain)
    {
        await _cluster.DeactivateAsync(grain);
        await _cluster.WaitForDeactivationAsync(grain);
    }

    /// <summary>Ends the silo without letting it tidy up, and starts another one on the same data.</summary>
    public async Task<LoopwaveCluster> Restart(Action<IServiceCollection>? configure = null)
    {
        await Stop();
        return await Start(_directory, true, Clock, configure is null ? _setup : _setup with { Configure = configure });
    }

    /// <summary>The events that webhooks will send for a number, in order.</summary>
    public async Task<IReadOnlyList<OutboxRow>> Outbox(string number, long after = 0) => await Services.GetRequiredService<ISqlDatabase>().Query(
        new Statement(
            "SELECT event, sequence, id, body FROM outbox WHERE number = @number AND sequence > @after ORDER BY position",
            ("@number", number), ("@after", after)),
        row => new OutboxRow(row.GetString(0), row.GetInt64(1), row.GetString(2), Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(3))));

    /// <summary>The silo's lease was revoked while it still had time to run, by the database's clock.</summary>
    public async Task<bool> IsRevokedEarly(TestSilo silo)
    {
        var database = Services.GetRequiredService<ISqlDatabase>();
        var revoked = await database.Query(
            new Statement(
                $"SELECT revoked FROM silo_lease WHERE incarnation = @incarnation AND expires_at > {database.Dialect.Now}",
                ("@incarnation", silo.Incarnation)),
            row => row.GetInt64(0));
        return revoked is [1];
    }

    /// <summary>The number's own answer.</summary>
    public async Task<NumberView> View(string number) => (await Number(number).Get()).Value!.Number;

    /// <summary>The messages of a chat, newest first.</summary>
    public async Task<IReadOnlyList<MessageView>> MessagesOf(string chat) => (await Messages.List(chat, new PageRequest(200), Access.All)).Value!.Data;

    /// <summary>The chats of a number, as listed.</summary>
    public async Task<IReadOnlyList<ChatView>> ChatsOf(string number) => (await Chats.List(new ChatFilter(Number: number), new PageRequest(200), Access.All)).Value!.Data;

    /// <summary>Creates a number that is linked and ready; a phone can be linked once in a cluster.</summary>
    public async Task<string> ReadyNumber(string phone = "919800000001")
    {
        var created = await Numbers.Create(new NewNumber("Support", EngineKind.WhatsApp, Access.All));
        var id = created.Value!.Id;
        await Number(id).Link(new LinkRequest(LinkMethod.Qr));
        await Opens(id);
        await Engine.Raise(
            id, new EngineEvent.LinkOffered("qr", null, Clock.GetUtcNow().AddSeconds(60)), new EngineEvent.LinkScanned(),
            new EngineEvent.CredentialsChanged([new CredentialEntry("creds", [1, 2, 3])]), new EngineEvent.Linked(phone, phone + "0@lid", "Acme"),
            new EngineEvent.Closed(515));
        await Reconnected(id);
        return id;
    }

    /// <summary>Waits for the number's next open, and logs it in.</summary>
    public async Task Reconnected(string id)
    {
        await Opens(id);
        await Engine.Raise(id, new EngineEvent.Opened("Acme"));
    }

    // A number that was not yet waiting for its turn when time moved on needs it to move on once more.
    private async Task Opens(string id)
    {
        var moved = TimeProvider.System.GetTimestamp();
        await Due(TimeSpan.FromMilliseconds(200));
        for (var again = 0; again < 20 && !Engine.HasOpen(id);)
        {
            await Task.Yield();
            if (TimeProvider.System.GetElapsedTime(moved) > TimeSpan.FromSeconds(1))
            {
                moved = TimeProvider.System.GetTimestamp();
                again++;
                await Due(TimeSpan.FromMilliseconds(200));
            }
        }

        await Engine.NextOpen(id);
    }

    /// <summary>Moves time on, in one step; what fell due runs.</summary>
    public Task Due(TimeSpan time)
    {
        Clock.Advance(time);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        if (_ownsDirectory)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    // A new connect budget lets nobody in for a second; here that is over before the test begins.
    private static async Task OpenBudget(InProcessTestCluster cluster, JumpingClock clock)
    {
        await cluster.Client.GetGrain<IConnectBudgetGrain>(nameof(EngineKind.WhatsApp)).Reserve("nobody", urgent: false);
        clock.Advance(TimeSpan.FromSeconds(2));
    }

    private async Task Stop()
    {
        // Silos that stop wait for their numbers, and numbers for the time that passes meanwhile.
        var stopping = _cluster.StopAllSilosAsync();
        if (await Task.WhenAny(stopping, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System)) != stopping)
        {
            await LivesUntil(() => Task.FromResult(stopping.IsCompleted));
        }

        await stopping;
        await _cluster.DisposeAsync();
        _shared?.Dispose();
    }

    private static async Task<LoopwaveCluster> Start(string directory, bool owns, JumpingClock clock, ClusterSetup setup)
    {
        var options = new SqliteStorageOptions { DataDirectory = directory, Faults = setup.Faults, SingleSilo = setup.Silos == 1 };
        var shared = setup.Silos == 1 ? null : SqliteStorage.Open(options, NullLoggerFactory.Instance);
        var builder = new InProcessTestClusterBuilder((short)setup.Silos);
#pragma warning disable ORLEANSEXP003 // The product's own tuning brings it; what tests bring must not stand in for that.
        builder.Options.UseDistributedGrainDirectory = false;
#pragma warning restore ORLEANSEXP003
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<FakeTimeProvider>(clock);
            silo.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
            silo.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
            AddStorage(silo.Services, options, shared);
            silo.UseClusterTuning();
            silo.AddActivityPropagation();
            silo.Services.AddNumbers();
            silo.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SiloLease>(
                provider, setup.LeaseOnTestClock ? provider.GetRequiredService<TimeProvider>() : TimeProvider.System));

            // Leases are the database's, in real time; so is what silos tell each other.
            silo.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SiloReporter>(provider, TimeProvider.System));

            // Silos answer each other in real time, too: a test that moves on by seconds would give them none.
            silo.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SilentSilos>(provider, TimeProvider.System));
            silo.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<OtherSilos>(provider, TimeProvider.System));
            silo.Services.AddSingleton<IEngine>(provider => new FakeEngine(EngineKind.WhatsApp, provider.GetRequiredService<IEngineEvents>()));
            if (setup.Commits is not null || setup.Sweeps is not null)
            {
                silo.Services.Replace(ServiceDescriptor.Singleton<INumberStore>(
                    provider => new InterceptedNumbers(ActivatorUtilities.CreateInstance<SqlNumberStore>(provider), setup.Commits, setup.Sweeps)));
            }

            setup.Configure?.Invoke(silo.Services);
        });
        builder.ConfigureClient(client => client.AddActivityPropagation());
        var cluster = builder.Build();
        await cluster.DeployAsync();
        await OpenBudget(cluster, clock);
        return new LoopwaveCluster(directory, owns, clock, cluster, setup, shared);
    }

    private static void AddStorage(IServiceCollection services, SqliteStorageOptions options, SqliteStorage? shared)
    {
        if (shared is null)
        {
            services.AddSqliteStorage(options);
            return;
        }

        // As instances, so that no silo closes them when it ends.
        services.AddSqliteStorage(shared);
        services.Replace(ServiceDescriptor.Singleton(shared));
        services.Replace(ServiceDescriptor.Singleton(shared.Database));
        services.Replace(ServiceDescriptor.Singleton(shared.Credentials));
        services.Replace(ServiceDescriptor.Singleton(shared.Files!));
    }
}

/// <summary>What a test wants different of its cluster.</summary>
public sealed record ClusterSetup
{
    public Action<IServiceCollection>? Configure { get; init; }

    /// <summary>How many silos share the data. Each has an engine of its own.</summary>
    public int Silos { get; init; } = 1;

    /// <summary>Stands between any two writes.</summary>
    public StorageFaults? Faults { get; init; }

    /// <summary>Stands around every commit of a number: makes it, and answers in its place.</summary>
    public Func<NumberChanges, Func<Task<CommitResult>>, Task<CommitResult>>? Commits { get; init; }

    /// <summary>Told of every sweep of the reconciler that begins, with its part of the numbers.</summary>
    public Action<NumberRange>? Sweeps { get; init; }

    /// <summary>
    /// The right to own numbers follows the test's clock too. Otherwise it keeps real time, as the database does, so that a
    /// test that moves time by an hour is no process that slept for an hour.
    /// </summary>
    public bool LeaseOnTestClock { get; init; }
}

/// <summary>An event as webhooks will send it.</summary>
public sealed record OutboxRow(string Event, long Sequence, string Id, string Body)
{
    public JsonNode Data => JsonNode.Parse(Body)!["data"]!;
}
