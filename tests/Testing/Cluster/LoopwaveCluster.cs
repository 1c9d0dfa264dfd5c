using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans.TestingHost;

namespace Loopwave.Testing;

/// <summary>
/// One silo in memory with the real grains over real SQLite files, with the engine and the clock in the test's hands.
/// Doubles: <see cref="FakeEngine"/> in place of the network, <see cref="FakeTimeProvider"/> in place of time (the silo's
/// own loops keep real time). Restarting it keeps the data.
/// </summary>
public sealed class LoopwaveCluster : IAsyncDisposable
{
    private readonly string _directory;
    private readonly bool _ownsDirectory;
    private readonly InProcessTestCluster _cluster;

    private LoopwaveCluster(string directory, bool ownsDirectory, FakeTimeProvider clock, InProcessTestCluster cluster)
    {
        (_directory, _ownsDirectory, Clock, _cluster) = (directory, ownsDirectory, clock, cluster);
    }

    public FakeTimeProvider Clock { get; }

    public FakeEngine Engine => (FakeEngine)Services.GetRequiredService<IEnumerable<IEngine>>().Single(engine => engine is FakeEngine);

    public IServiceProvider Services => _cluster.Silos[0].ServiceProvider;

    public IGrainFactory Grains => _cluster.Client;

    public IMessagesGrain Messages => Grains.GetGrain<IMessagesGrain>(0);

    public IChatsGrain Chats => Grains.GetGrain<IChatsGrain>(0);

    public INumbersGrain Numbers => Grains.GetGrain<INumbersGrain>(0);

    public static Task<LoopwaveCluster> Start(Action<IServiceCollection>? configure = null) =>
        Start(Directory.CreateTempSubdirectory("loopwave-test-").FullName, true, new FakeTimeProvider(new DateTimeOffset(2026, 6, 29, 10, 15, 0, TimeSpan.Zero)), configure);

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

    public INumberGrain Number(string id) => Grains.GetGrain<INumberGrain>(id);

    /// <summary>Ends the silo without letting it tidy up, and starts another one on the same data.</summary>
    public async Task<LoopwaveCluster> Restart(Action<IServiceCollection>? configure = null)
    {
        await Stop();
        return await Start(_directory, true, Clock, configure);
    }

    /// <summary>Creates a number that is linked and ready.</summary>
    public async Task<string> ReadyNumber(string phone = "919800000001")
    {
        var created = await Numbers.Create(new NewNumber("Support", EngineKind.WhatsApp, Access.All));
        var id = created.Value!.Id;
        await Number(id).Link(new LinkRequest(LinkMethod.Qr));
        await Engine.NextOpen(id);
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
        await Due(TimeSpan.FromMilliseconds(200));
        await Engine.NextOpen(id);
        await Engine.Raise(id, new EngineEvent.Opened("Acme"));
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

    private async Task Stop()
    {
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
    }

    private static async Task<LoopwaveCluster> Start(string directory, bool owns, FakeTimeProvider clock, Action<IServiceCollection>? configure)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(clock);
            silo.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
            silo.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
            silo.Services.AddSqliteStorage(new SqliteStorageOptions { DataDirectory = directory });
            silo.Services.AddNumbers();
            silo.Services.AddSingleton<IEngine>(provider => new FakeEngine(EngineKind.WhatsApp, provider.GetRequiredService<IEngineEvents>()));
            configure?.Invoke(silo.Services);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new LoopwaveCluster(directory, owns, clock, cluster);
    }
}
