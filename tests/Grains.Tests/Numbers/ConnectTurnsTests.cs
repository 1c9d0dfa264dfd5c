using Loopwave.Engines;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>All silos share one connect budget, and a budget that cannot be asked holds a number up for a moment only.</summary>
public sealed class ConnectTurnsTests
{
    private const int PerSecond = 10;

    [Fact]
    public async Task Numbers_of_several_silos_together_connect_no_faster_than_one_budget_allows()
    {
        await using var cluster = await LoopwaveCluster.Start(new ClusterSetup { Silos = 2 });
        var numbers = new List<string>();
        for (var i = 0; i < 80; i++)
        {
            numbers.Add(await New(cluster));
        }

        var opened = new List<int>();
        for (var second = 0; opened.Sum() < numbers.Count; second++)
        {
            Assert.True(second < 60, $"{opened.Sum()} connects after {second} s");
            await cluster.Numbers.List(null, new PageRequest(Limit: 20), Access.All);
            opened.Add(cluster.Silos.Sum(silo => Take(silo.Engine)));
            Assert.True(opened.Sum() <= (second * PerSecond) + 2, $"{opened.Sum()} connects after {second} s");
            cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(2, (await Task.WhenAll(numbers.Select(cluster.SiloOf))).Distinct().Count());
    }

    [Fact]
    public async Task A_budget_that_cannot_be_asked_is_asked_again_after_a_second_and_breaks_nothing()
    {
        var outage = new Outage();
        await using var cluster = await LoopwaveCluster.Start(services => services.AddSingleton<IIncomingGrainCallFilter>(outage));
        var number = await cluster.ReadyNumber();
        outage.IsOn = true;

        await cluster.Engine.Raise(number, new EngineEvent.Closed(515));
        var view = await cluster.View(number);
        Assert.Equal((NumberStatus.Connecting, cluster.Clock.GetUtcNow() + TimeSpan.FromSeconds(1)), (view.Status, view.NextAttemptAt));
        var (asked, since) = (outage.Asked, cluster.Clock.GetTimestamp());
        await cluster.PassesUntil(() => Task.FromResult(outage.Asked >= asked + 8));
        Assert.False(cluster.Engine.HasOpen(number));
        Assert.InRange(cluster.Clock.GetElapsedTime(since).TotalSeconds, 7.5, 30);
        Assert.NotNull((await cluster.Number(number).Update(new NumberUpdate("Works", null))).Value);

        outage.IsOn = false;
        var from = cluster.Clock.GetTimestamp();
        await cluster.ComesBack(number);
        Assert.InRange(cluster.Clock.GetElapsedTime(from).TotalSeconds, 0, 2);
    }

    [Fact]
    public async Task A_message_for_a_number_far_back_in_line_lets_it_come_first()
    {
        await using var cluster = await LoopwaveCluster.Start();
        var number = await cluster.ReadyNumber();
        for (var i = 0; i < 100; i++)
        {
            await cluster.Grains.GetGrain<IConnectBudgetGrain>(nameof(EngineKind.WhatsApp)).Reserve($"other{i}", urgent: false);
        }

        await cluster.Engine.Raise(number, new EngineEvent.Closed(515));
        var waiting = (await cluster.View(number)).NextAttemptAt!.Value - cluster.Clock.GetUtcNow();
        Assert.InRange(waiting.TotalSeconds, 9, 11);

        Assert.Null((await cluster.Messages.Send(Any.Send("hello", Any.Jid(), number) with { QueueWhenOffline = true })).Refusal);
        await cluster.Eventually(() => cluster.View(number), view => view.NextAttemptAt is not { } at || at <= cluster.Clock.GetUtcNow().AddSeconds(1));
        await cluster.ComesBack(number);
    }

    private static async Task<string> New(LoopwaveCluster cluster)
    {
        var id = (await cluster.Numbers.Create(new NewNumber("Support", EngineKind.WhatsApp, Access.All))).Value!.Id;
        await cluster.Number(id).Link(new LinkRequest(LinkMethod.Qr));
        return id;
    }

    private static int Take(FakeEngine engine)
    {
        var count = 0;
        while (engine.Opened.Reader.TryRead(out _))
        {
            count++;
        }

        return count;
    }

    /// <summary>Fails every question to the budget while it is on.</summary>
    private sealed class Outage : IIncomingGrainCallFilter
    {
        private int _asked;

        public bool IsOn { get; set; }

        public int Asked => _asked;

        public Task Invoke(IIncomingGrainCallContext call)
        {
            if (IsOn && call.Grain is ConnectBudgetGrain)
            {
                Interlocked.Increment(ref _asked);
                throw new TimeoutException("The budget is away, says the test.");
            }

            return call.Invoke();
        }
    }
}
