using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>A number has one owner: whoever is not it any more stops, and comes back only under a higher epoch.</summary>
public sealed class OwnershipTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Fact]
    public async Task A_number_that_was_taken_by_another_process_stores_nothing_more_and_closes_its_connection()
    {
        await TakenByAnother();

        var refused = (await Cluster.Messages.Send(Any.Send("too late", Customer, Number))).Refusal!;

        Assert.Equal(RefusalCode.StorageUnavailable, refused.Code);
        Assert.Equal("close", await Cluster.Engine.NextClose(Number));
        Assert.False(Cluster.Engine.HasRelay(Number));
    }

    [Fact]
    public async Task Whoever_finds_out_by_what_the_engine_tells_does_not_wait_until_the_engine_has_told_it()
    {
        await TakenByAnother();
        var told = new TaskCompletionSource();
        Cluster.Engine.Closing = _ => told.Task;

        Assert.IsNotType<TimeoutException>(await Assert.ThrowsAnyAsync<Exception>(() => Raise(new EngineEvent.Closed(428))));
        told.SetResult();

        Assert.Equal("close", await Cluster.Engine.NextClose(Number));
        await BackUnderANewEpoch();
    }

    [Fact]
    public async Task The_next_call_activates_the_number_anew_under_a_higher_epoch_and_it_connects()
    {
        var before = Cluster.Engine.Epoch(Number);
        var taken = await TakenByAnother();
        await Cluster.Number(Number).Update(new NumberUpdate("Refused", null));
        await Cluster.Engine.NextClose(Number);

        await Cluster.Eventually(
            async () => (await Cluster.Number(Number).Update(new NumberUpdate("Accepted", null))).Value?.Label, label => label == "Accepted");
        await Cluster.Reconnected(Number);

        Assert.True(Cluster.Engine.Epoch(Number) > taken && taken > before);
        Assert.Equal((NumberStatus.Ready, "Accepted"), ((await Cluster.View(Number)).Status, (await Cluster.View(Number)).Label));
    }

    [Fact]
    public async Task What_came_in_for_a_stale_owner_is_not_acknowledged_and_stored_once_by_the_next_one()
    {
        var message = From(Customer, "hello");
        await TakenByAnother();
        while (Cluster.Engine.HasAcknowledge(Number))
        {
            await Cluster.Engine.NextAcknowledge(Number);
        }

        await Assert.ThrowsAnyAsync<Exception>(() => Receive(message));
        Assert.False(Cluster.Engine.HasAcknowledge(Number));
        await BackUnderANewEpoch();
        await Receive(message);

        Assert.Equal("hello", (await OnlyMessage()).Text);
        Assert.Equal(1, (await Chat()).UnreadCount);
    }

    [Fact]
    public async Task What_was_on_the_wire_under_a_stale_owner_is_repeated_with_its_id_by_the_next_one()
    {
        var (_, relay) = await Send("once");
        await TakenByAnother();
        await Cluster.Number(Number).Update(new NumberUpdate("Refused", null));
        await BackUnderANewEpoch();
        Cluster.Clock.Advance(TimeSpan.FromSeconds(3));

        var repeat = await Cluster.Engine.NextRelay(Number);

        Assert.Equal(relay.WhatsAppId, repeat.WhatsAppId);
        Assert.True(repeat.Epoch > relay.Epoch);
    }

    [Fact]
    public async Task Events_of_an_earlier_epoch_are_not_taken()
    {
        var old = Cluster.Engine.Next(Number, new EngineEvent.Closed(401), new EngineEvent.MessageReceived(From(Customer, "old")));
        await TakenByAnother();
        await Cluster.Number(Number).Update(new NumberUpdate("Refused", null));
        await BackUnderANewEpoch();

        await Cluster.Engine.Repeat(old);

        Assert.Equal(NumberStatus.Ready, (await Cluster.View(Number)).Status);
        Assert.Empty(await Cluster.ChatsOf(Number));
    }

    [Fact]
    public async Task An_epoch_is_over_once_a_higher_one_exists_and_not_before()
    {
        var events = Cluster.Services.GetRequiredService<IEngineEvents>();
        var before = Cluster.Engine.Epoch(Number);
        Assert.False(await events.IsOver(Number, before));

        var taken = await TakenByAnother();

        Assert.True(await events.IsOver(Number, before));
        Assert.False(await events.IsOver(Number, taken));
        Assert.True(await events.IsOver("n000000000x", taken));
    }

    [Fact]
    public async Task A_number_that_does_not_exist_is_refused()
    {
        var nobody = Cluster.Number("n000000000x");

        Assert.Equal(RefusalCode.UnknownNumber, (await nobody.Get()).Refusal!.Code);
        Assert.Equal(RefusalCode.UnknownNumber, (await nobody.Link(new LinkRequest(LinkMethod.Qr))).Refusal!.Code);
        Assert.Equal(RefusalCode.UnknownNumber, (await nobody.FetchMedia("f_1")).Refusal!.Code);
        Assert.Equal(RefusalCode.UnknownNumber, (await nobody.Delete("m_1", new MessageAuthor(AuthorType.Api))).Refusal!.Code);
        await nobody.Ensure();
    }

    // As another process would: under its own name, which the store of this test's single process takes as the same one.
    private async Task<long> TakenByAnother()
    {
        var lease = Cluster.Services.GetRequiredService<SiloLease>();
        return (await Cluster.Services.GetRequiredService<IOwnershipStore>().Claim(Number, lease.Incarnation))!.Value;
    }

    private async Task BackUnderANewEpoch()
    {
        await Cluster.Eventually(async () => (await Cluster.Number(Number).Update(new NumberUpdate("Again", null))).Value?.Label, label => label == "Again");
        await Cluster.Reconnected(Number);
    }
}
