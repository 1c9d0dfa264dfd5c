using Loopwave.Deployment;
using Loopwave.Engines;
using StreamJsonRpc;
using Xunit;

namespace Loopwave.WhatsApp;

public class LostHostTests
{
    [Fact]
    public async Task The_numbers_of_a_killed_host_lose_their_connection_and_no_others()
    {
        await using var world = new EngineWorld(hosts: 2);
        var first = await world.OpenFirst("n1", epoch: 4);
        var second = await world.OpenFirst("n2");
        await world.Open("n3", epoch: 6);
        var carries = first.Has("open") ? first : second;

        first.Kill();

        var batches = new List<EngineBatch> { await world.NextBatch() };
        if (carries == first)
        {
            batches.Add(await world.NextBatch());
        }

        Assert.All(batches, batch => Assert.Equal([new EngineEvent.Closed(428)], batch.Events));
        Assert.Equal(carries == first ? ["n1", "n3"] : ["n1"], batches.Select(batch => batch.Number).Order());
        Assert.Equal(4, batches.Single(batch => batch.Number == "n1").First.Epoch);
        Assert.NotEqual(first.Incarnation, batches[0].First.Host);
        await world.Engine.Acknowledge("n1", batches[0].Last, CancellationToken.None);
        await second.Deliver("n2", 1, 1, new EngineEvent.Opened(null));
        Assert.Equal("n2", (await world.NextBatch()).Number);
    }

    [Fact]
    public async Task A_number_that_lost_its_host_opens_at_a_new_one()
    {
        await using var world = new EngineWorld();
        var first = await world.OpenFirst();
        first.Kill();
        await world.NextBatch();

        await world.Open("n1");

        var second = await world.NextHost();
        Assert.Equal("n1", (await second.Next("open")).GetProperty("number").GetString());
        Assert.Equal(2, world.Launches);
    }

    [Fact]
    public async Task Nothing_is_owed_to_numbers_that_were_closed_before_their_host_ended()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst("n1");
        await world.Open("n2");
        await world.Open("n3");
        await world.Engine.Close("n1", 1, CancellationToken.None);
        await host.Deliver("n2", 1, 1, new EngineEvent.Closed(401));
        await world.NextBatch();

        host.Kill();

        Assert.Equal("n3", (await world.NextBatch()).Number);
        await world.Open("n9");
        Assert.False(world.HasBatch);
    }

    [Fact]
    public async Task A_connection_may_end_before_the_host_has_answered_that_it_opens_it()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        host.On("open", _ => EndAtOnce());

        await world.Open("n2");

        var closed = await world.NextBatch();
        Assert.Equal(("n2", new EngineEvent.Closed(408)), (closed.Number, closed.Events[0]));
        host.Kill();
        Assert.Equal("n1", (await world.NextBatch()).Number);
        await world.Open("n9");
        Assert.False(world.HasBatch);

        async Task<object?> EndAtOnce()
        {
            await host.Deliver("n2", 1, 1, new EngineEvent.Closed(408));
            return null;
        }
    }

    [Fact]
    public async Task A_number_whose_host_ends_while_it_opens_is_told_so_once()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        host.On("open", _ => new TaskCompletionSource<object?>().Task);
        var opening = world.Open("n2");
        await host.Next("open");

        host.Kill();

        Assert.Equal(EngineError.Unavailable, (await Assert.ThrowsAsync<EngineException>(() => opening)).Error);
        Assert.Equal("n1", (await world.NextBatch()).Number);
    }

    [Fact]
    public async Task A_number_that_opens_again_while_its_end_is_delivered_stays_open()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        world.Taking = batch => batch.Events.Contains(new EngineEvent.Closed(515)) ? world.Open("n1") : Task.CompletedTask;

        await host.Deliver("n1", 1, 1, new EngineEvent.Closed(515));
        await world.Engine.Relay("n1", 1, "A", "1@s.whatsapp.net", [1], CancellationToken.None);

        host.Kill();
        Assert.Equal([new EngineEvent.Closed(515)], (await world.NextBatch()).Events);
        Assert.Equal([new EngineEvent.Closed(428)], (await world.NextBatch()).Events);
    }

    [Fact]
    public async Task An_end_that_is_told_again_after_the_number_was_opened_anew_is_not_the_end_of_that_one()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        EngineEvent[] told = [new EngineEvent.CredentialsChanged([new CredentialEntry("key", [9])]), new EngineEvent.Closed(428)];
        world.Taking = _ => throw new InvalidOperationException("not now");
        await Assert.ThrowsAnyAsync<Exception>(() => host.Deliver("n1", 1, 1, told));
        await world.Open("n1");
        world.Taking = _ => Task.CompletedTask;

        await host.Deliver("n1", 1, 1, [.. told, new EngineEvent.LinkScanned()]);
        await world.NextBatch();

        await world.Engine.Relay("n1", 1, "A", "1@s.whatsapp.net", [1], CancellationToken.None);
        await world.Engine.Close("n1", 1, CancellationToken.None);
        Assert.Equal("n1", (await host.Next("close")).GetProperty("number").GetString());
    }

    [Fact]
    public async Task The_loss_is_said_again_until_somebody_took_it()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        var refusals = 2;
        world.Taking = _ => refusals-- > 0 ? throw new InvalidOperationException("not now") : Task.CompletedTask;

        host.Kill();

        Assert.Equal([new EngineEvent.Closed(428)], (await world.Until(world.NextBatch())).Events);
        Assert.True(refusals < 0);
    }

    [Theory]
    [InlineData(true, "Debug")]
    [InlineData(false, "Warning")]
    public async Task Of_a_loss_that_nobody_took_storage_says_why_once_for_all_numbers(bool isLogged, string level)
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        world.Taking = _ => throw new StorageUnavailableException("The database is away.") { IsLogged = isLogged };

        host.Kill();

        Assert.StartsWith($"{level}: ", await world.Log.Next("Nobody took that n1 lost its connection"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Once_storage_is_back_hosts_offer_again_and_the_loss_of_a_dead_one_is_said_again_within_two_seconds()
    {
        await using var world = new EngineWorld(hosts: 2);
        var first = await world.OpenFirst("n1");
        var second = await world.OpenFirst("n2");
        var (refusals, takes) = (0, false);
        world.Taking = _ =>
        {
            if (takes)
            {
                return Task.CompletedTask;
            }

            refusals++;
            throw new InvalidOperationException("not now");
        };
        first.Kill();
        using var step = new PeriodicTimer(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        while (refusals < 8 && await step.WaitForNextTickAsync(TestContext.Current.CancellationToken))
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        takes = true;
        world.Engine.OfferAgain();

        await second.Next("offerAgain");
        var told = world.Clock.GetTimestamp();
        Assert.Equal([new EngineEvent.Closed(428)], (await world.Until(world.NextBatch())).Events);
        Assert.InRange(world.Clock.GetElapsedTime(told).TotalSeconds, 0, 2.5);
    }

    [Fact]
    public async Task The_loss_comes_after_all_that_the_host_reported()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        var taking = new TaskCompletionSource();
        var taken = new TaskCompletionSource();
        world.Taking = async batch =>
        {
            if (batch.Events.Contains(new EngineEvent.Opened("Ada")))
            {
                taking.SetResult();
                await taken.Task;
            }
        };
        _ = host.Deliver("n1", 1, 1, new EngineEvent.Opened("Ada")).ContinueWith(done => done.Exception, TaskScheduler.Default);
        await taking.Task.WaitAsync(EngineWorld.Patience);

        host.Kill();
        await world.Log.Next("lost their connection");
        Assert.False(world.HasBatch);
        taken.SetResult();

        Assert.Equal([new EngineEvent.Opened("Ada")], (await world.NextBatch()).Events);
        Assert.Equal([new EngineEvent.Closed(428)], (await world.NextBatch()).Events);
    }

    [Fact]
    public async Task A_command_to_a_host_that_ends_fails_as_one_that_may_work_later()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        host.On("relay", _ => new TaskCompletionSource<object?>().Task);
        var relaying = world.Engine.Relay("n1", 1, "A", "1@s.whatsapp.net", [1], CancellationToken.None);
        await host.Next("relay");

        host.Kill();

        var ended = await Assert.ThrowsAsync<EngineException>(() => relaying);
        Assert.Equal((EngineError.Unavailable, true), (ended.Error, ended.HostEnded));
        await world.NextBatch();
        var after = await Assert.ThrowsAsync<EngineException>(() => world.Engine.Relay("n1", 1, "A", "1@s.whatsapp.net", [1], CancellationToken.None));
        Assert.Equal((EngineError.NotConnected, false), (after.Error, after.HostEnded));
    }

    [Fact]
    public async Task Hosts_that_keep_ending_are_started_at_growing_intervals_and_say_why()
    {
        await using var world = new EngineWorld();
        world.Launching = () => throw new EngineException(EngineError.Unavailable, "Node is missing.", "node_missing");

        for (var failure = 0; failure < 2; failure++)
        {
            Assert.Equal("node_missing", (await Assert.ThrowsAsync<EngineException>(() => world.Open("n1"))).Code);
            await world.Log.Next("A new one may start");
        }

        var paused = await Assert.ThrowsAsync<EngineException>(() => world.Open("n1"));
        Assert.Equal(("node_missing", "Node is missing.", 2), (paused.Code, paused.Message, world.Launches));

        world.Launching = () => { };
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.OpenFirst();
        Assert.Equal(3, world.Launches);
    }

    [Fact]
    public async Task All_connections_are_closed_when_the_right_to_them_is_lost()
    {
        await using var world = new EngineWorld(hosts: 2);
        var first = await world.OpenFirst("n1");
        var second = await world.OpenFirst("n2");

        await world.Engine.CloseAll().WaitAsync(EngineWorld.Patience);

        Assert.True(first.Has("closeAll") && second.Has("closeAll"));
        Assert.False(first.Exited.IsCompleted || second.Exited.IsCompleted);
    }

    [Fact]
    public async Task A_number_that_a_host_opens_after_it_closed_all_is_closed_again()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        var opened = new TaskCompletionSource<object?>();
        host.On("open", _ => opened.Task);

        var opening = world.Open("n2");
        await host.Next("open");
        await world.Engine.CloseAll().WaitAsync(EngineWorld.Patience);
        opened.SetResult(null);

        Assert.Equal(EngineError.Unavailable, (await Assert.ThrowsAsync<EngineException>(() => opening)).Error);
        Assert.Equal("n2", (await host.Next("close")).GetProperty("number").GetString());
    }

    [Fact]
    public async Task A_host_that_does_not_close_its_connections_when_it_must_is_ended()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        host.On("closeAll", _ => new TaskCompletionSource<object?>().Task);

        var closing = world.Engine.CloseAll();
        await host.Next("closeAll");
        Assert.False(closing.IsCompleted);
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        await closing.WaitAsync(EngineWorld.Patience);

        Assert.True(host.Exited.IsCompleted);
        Assert.Equal([new EngineEvent.Closed(428)], (await world.NextBatch()).Events);
    }

    [Fact]
    public async Task Numbers_are_spread_over_as_many_hosts_as_were_asked_for()
    {
        await using var world = new EngineWorld(hosts: 3);

        for (var number = 0; number < 9; number++)
        {
            await world.Open($"n{number}");
        }

        Assert.Equal(3, world.Launches);
        for (var host = 0; host < 3; host++)
        {
            Assert.Equal(3, await Count(await world.NextHost()));
        }
    }

    [Fact]
    public async Task Another_host_is_started_only_when_the_others_are_full()
    {
        await using var world = new EngineWorld();

        await Task.WhenAll(Enumerable.Range(0, EngineHosts.MostNumbers).Select(number => world.Open($"n{number}")));
        Assert.Equal(1, world.Launches);
        await world.Open("one more");

        Assert.Equal(2, world.Launches);
    }

    [Fact]
    public async Task When_all_the_hosts_are_full_a_number_is_told_so()
    {
        await using var world = new EngineWorld(hosts: 1);
        await Task.WhenAll(Enumerable.Range(0, EngineHosts.MostNumbers).Select(number => world.Open($"n{number}")));

        var full = await Assert.ThrowsAsync<EngineException>(() => world.Open("one more"));
        await world.Engine.Close("n7", 1, CancellationToken.None);
        await world.Open("one more");

        Assert.Equal((EngineError.Unavailable, "engine_full"), (full.Error, full.Code));
        Assert.Equal(1, world.Launches);
    }

    [Fact]
    public async Task A_number_that_could_not_be_opened_takes_no_place()
    {
        await using var world = new EngineWorld(hosts: 1);
        var host = await world.OpenFirst();
        host.On("open", _ => throw new LocalRpcException("No.") { ErrorCode = -32001, ErrorData = new FaultDetails("rejected", null) });

        for (var number = 0; number < EngineHosts.MostNumbers; number++)
        {
            await Assert.ThrowsAsync<EngineException>(() => world.Open($"refused {number}"));
        }

        host.On("open", _ => null);
        await Task.WhenAll(Enumerable.Range(2, EngineHosts.MostNumbers - 1).Select(number => world.Open($"n{number}")));
        Assert.Equal(1, world.Launches);
    }

    [Fact]
    public async Task A_number_that_was_not_opened_in_time_keeps_its_place_until_it_is_closed()
    {
        await using var world = new EngineWorld(hosts: 1);
        var host = await world.OpenFirst();
        await Task.WhenAll(Enumerable.Range(2, EngineHosts.MostNumbers - 2).Select(number => world.Open($"n{number}")));
        var closing = new TaskCompletionSource<object?>();
        host.On("open", _ => new TaskCompletionSource<object?>().Task);
        host.On("close", _ => closing.Task);
        using var deadline = new CancellationTokenSource();

        var late = world.Engine.Open(EngineWorld.Opening("late"), deadline.Token);
        await deadline.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);
        await host.Next("close");
        host.On("open", _ => null);
        Assert.Equal("engine_full", (await Assert.ThrowsAsync<EngineException>(() => world.Open("one more"))).Code);
        closing.SetResult(null);
        await world.Engine.Close("late", 1, CancellationToken.None);

        await world.Open("one more");
    }

    private static async Task<int> Count(FakeHost host)
    {
        var count = 0;
        while (host.Has("open"))
        {
            await host.Next("open");
            count++;
        }

        return count;
    }
}
