using Loopwave.Engines;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>Three silos over one database, with ready numbers on each, and a network that lets in whoever connects.</summary>
public abstract class SeveralSilos : IAsyncLifetime
{
    private const int Numbers = 60;

    private protected readonly Dictionary<string, TestSilo> _homes = [];
    private protected LoopwaveCluster _cluster = null!;

    private protected INumberStore Store => _cluster.Services.GetRequiredService<INumberStore>();

    private protected IOwnershipStore Ownership => _cluster.Services.GetRequiredService<IOwnershipStore>();

    public async ValueTask InitializeAsync() => _cluster = await LoopwaveCluster.Start(new ClusterSetup
    {
        Silos = 3,
        Configure = services =>
        {
            services.Configure<NumberOptions>(options => options.ConnectInterval = TimeSpan.Zero);
            Configure(services);
        },
    });

    /// <summary>What else the test changes in each silo.</summary>
    private protected virtual void Configure(IServiceCollection services)
    {
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<List<string>> ReadyNumbers()
    {
        var numbers = new List<string>();
        for (var i = 0; i < Numbers; i++)
        {
            var id = (await _cluster.Numbers.Create(new NewNumber("Support", EngineKind.WhatsApp, Access.All))).Value!.Id;
            await _cluster.Number(id).Link(new LinkRequest(LinkMethod.Qr));
            numbers.Add(id);
        }

        await AllReady(numbers);
        Assert.All(_cluster.Silos, silo => Assert.InRange(_homes.Values.Count(home => home == silo), Numbers / 6, Numbers / 2));
        return numbers;
    }

    private protected Task AllReady(List<string> numbers) => _cluster.LivesUntil(async () =>
    {
        await Answer();
        foreach (var number in numbers)
        {
            if ((await Store.Load(number))!.Status is not NumberStatus.Ready)
            {
                return false;
            }
        }

        return true;
    });

    // What the network says to every number that connects, wherever it does.
    private protected async Task Answer()
    {
        foreach (var silo in _cluster.Silos)
        {
            while (silo.Engine.Opened.Reader.TryRead(out var number))
            {
                _homes[number] = silo;
                var open = await silo.Engine.NextOpen(number);
                await silo.Engine.Raise(number, open.Credentials is not null
                    ? [new EngineEvent.Opened("Acme")]
                    :
                    [
                        new EngineEvent.LinkOffered("qr", null, _cluster.Clock.GetUtcNow().AddSeconds(60)), new EngineEvent.LinkScanned(),
                        new EngineEvent.CredentialsChanged([new CredentialEntry("creds", [1])]), new EngineEvent.Linked(Any.Phone(), null, "Acme"),
                        new EngineEvent.Closed(515),
                    ]);
            }
        }
    }

    private protected async Task<Dictionary<string, long>> Epochs(List<string> numbers)
    {
        var epochs = new Dictionary<string, long>();
        foreach (var number in numbers)
        {
            epochs[number] = (await Store.Load(number))!.Epoch;
        }

        return epochs;
    }
}
