using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>Many numbers at once share one budget of ten connects a second, whatever made them connect.</summary>
public sealed class ConnectStormTests(Storm storm) : IClassFixture<Storm>
{
    [Fact]
    public async Task Numbers_that_are_dropped_at_once_or_restarted_never_connect_faster_than_the_budget_and_all_come_back()
    {
        await storm.DropAll();

        // A minute is the longest delay that chance gives; the budget is the rest.
        var dropped = await storm.AllReady();
        Assert.True(dropped <= (Storm.Numbers / Storm.PerSecond) + 60 + 15, $"{dropped} s");

        await storm.Restart();
        var restarted = await storm.AllReady();
        Assert.True(restarted <= (Storm.Numbers / Storm.PerSecond) + 15, $"{restarted} s");
    }

    [Fact]
    public async Task A_budget_that_dies_in_the_middle_of_a_storm_never_leads_to_more_connects_and_all_come_back()
    {
        var deaths = 0;
        await storm.DropAll();

        await storm.AllReady(async second =>
        {
            if (second % 9 != 4)
            {
                return false;
            }

            deaths++;
            await storm.EndBudget();
            return true;
        });

        Assert.InRange(deaths, 5, 20);
    }
}

/// <summary>Five hundred numbers that are ready.</summary>
public sealed class Storm : IAsyncLifetime
{
    public const int Numbers = 500;
    public const int PerSecond = 10;

    private LoopwaveCluster _cluster = null!;
    private List<string> _numbers = [];

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start();
        _numbers = [.. await Task.WhenAll(Enumerable.Range(0, Numbers).Select(_ => NewNumber()))];
        await AllReady();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    public Task DropAll() => Task.WhenAll(_numbers.Select(number => _cluster.Engine.Raise(number, new EngineEvent.Closed(503))));

    public async Task Restart() => _cluster = await _cluster.Restart();

    public Task EndBudget() => _cluster.Deactivate(_cluster.Grains.GetGrain<IConnectBudgetGrain>(nameof(EngineKind.WhatsApp)));

    /// <summary>Lets seconds pass, and never sees more connects than they allow, also not since the last interruption.</summary>
    public async Task<int> AllReady(Func<int, Task<bool>>? interrupts = null)
    {
        var ready = new HashSet<string>();
        var (opened, since, before) = (0, 0, 0);
        for (var second = 0; second < 300; second++)
        {
            var most = ((second - since) * PerSecond) + PerSecond + 1;
            Assert.True(opened - before <= most, $"{opened - before} connects in {second - since} s");
            foreach (var number in await Opened())
            {
                opened++;
                await Answer(number, ready);
            }

            if (ready.Count == Numbers)
            {
                return second;
            }

            if (interrupts is not null && await interrupts(second))
            {
                (since, before) = (second, opened);
            }

            _cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        throw new TimeoutException($"Only {ready.Count} numbers are ready, after {opened} connects.");
    }

    private async Task<string> NewNumber()
    {
        var id = (await _cluster.Numbers.Create(new NewNumber("Support", EngineKind.WhatsApp, Access.All))).Value!.Id;
        await _cluster.Number(id).Link(new LinkRequest(LinkMethod.Qr));
        return id;
    }

    private async Task<IReadOnlyList<string>> Opened()
    {
        // A call that is answered after what fell due; what is late nevertheless is seen a second later.
        await _cluster.Settles();
        var opened = new List<string>();
        while (_cluster.Engine.Opened.Reader.TryRead(out var number))
        {
            opened.Add(number);
        }

        return opened;
    }

    private async Task Answer(string number, HashSet<string> ready)
    {
        var open = await _cluster.Engine.NextOpen(number);
        if (open.Credentials is not null)
        {
            await _cluster.Engine.Raise(number, new EngineEvent.Opened("Acme"));
            ready.Add(number);
            return;
        }

        await _cluster.Engine.Raise(
            number, new EngineEvent.LinkOffered("qr", null, _cluster.Clock.GetUtcNow().AddSeconds(60)), new EngineEvent.LinkScanned(),
            new EngineEvent.CredentialsChanged([new CredentialEntry("creds", [1])]), new EngineEvent.Linked(Any.Phone(), null, "Acme"),
            new EngineEvent.Closed(515));
    }
}
