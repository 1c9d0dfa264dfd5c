using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Chats;

/// <summary>Who writes in a chat, and that we do: of this moment, and kept by nobody.</summary>
public sealed class TypingTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Fact]
    public async Task A_person_is_shown_writing_until_they_stop()
    {
        await Receive(From(Customer, "Hi"));
        Assert.Null(await Typing());

        await Cluster.Engine.Report(Number, Customer, PresenceState.Composing);
        var typing = (await Shown(typing => typing is not null))!;
        Assert.Equal((PresenceState.Composing, Customer), (typing.State, Assert.Single(typing.Jids)));
        Assert.Equal(Now + TimeSpan.FromSeconds(25), typing.Until);

        await Cluster.Engine.Report(Number, Customer, PresenceState.Recording);
        await Shown(typing => typing?.State is PresenceState.Recording);
        await Cluster.Engine.Report(Number, Customer, PresenceState.Paused);
        await Shown(typing => typing is null);
    }

    [Fact]
    public async Task It_is_over_with_the_message_that_was_written()
    {
        await Receive(From(Customer, "Hi"));
        await Cluster.Engine.Report(Number, Customer, PresenceState.Composing);
        await Shown(typing => typing is not null);

        await Receive(From(Customer, "Is it open?"));

        Assert.Null(await Typing());
    }

    [Fact]
    public async Task It_is_over_with_the_connection()
    {
        await Receive(From(Customer, "Hi"));
        await Cluster.Engine.Report(Number, Customer, PresenceState.Composing);
        await Shown(typing => typing is not null);

        await Raise(new EngineEvent.Closed(428));

        Assert.Null(await Typing());
    }

    [Fact]
    public async Task It_is_found_by_the_hidden_form_of_an_address()
    {
        var (phone, lid) = (Any.Phone(), $"{Any.Phone()}@lid");
        await Receive(From($"{phone}@s.whatsapp.net", "Hi") with { OtherJid = lid });

        await Cluster.Engine.Report(Number, lid, PresenceState.Composing);

        var typing = (await Shown(typing => typing is not null, $"{phone}@s.whatsapp.net"))!;
        Assert.Equal([$"{phone}@s.whatsapp.net"], typing.Jids);
    }

    [Fact]
    public async Task In_a_group_it_is_said_who()
    {
        var group = $"{Any.Phone()}-1600000000@g.us";
        await Receive(From(group, "Hi") with { Participant = Customer });

        await Cluster.Engine.Report(Number, group, PresenceState.Composing, "1@lid");
        await Cluster.Engine.Report(Number, group, PresenceState.Composing, "2@lid");

        var typing = await Shown(typing => typing?.Jids.Count == 2, group);
        Assert.Equal(["1@lid", "2@lid"], typing!.Jids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_an_earlier_owner_reports_is_not_believed()
    {
        await Receive(From(Customer, "Hi"));

        var events = Cluster.Services.GetService(typeof(IEngineEvents)) as IEngineEvents;
        await events!.Report(new EnginePresence(Number, Cluster.Engine.Epoch(Number) - 1, Customer, PresenceState.Composing));
        await Cluster.Engine.Report(Number, "1@lid", PresenceState.Composing);
        await Receive(From(Customer, "after both"));

        Assert.Null(await Typing());
    }

    [Fact]
    public async Task Nothing_of_it_is_stored_or_acknowledged()
    {
        await Receive(From(Customer, "Hi"));
        await Cluster.Engine.NextAcknowledge(Number);
        var (chat, events) = (await Chat(), await Events());
        while (Cluster.Engine.HasAcknowledge(Number))
        {
            await Cluster.Engine.NextAcknowledge(Number);
        }

        await Cluster.Engine.Report(Number, Customer, PresenceState.Composing);
        await Shown(typing => typing is not null);
        await Show(PresenceState.Composing);

        Assert.Equal(chat with { Tags = [] }, await Chat() with { Tags = [] });
        Assert.Equal(events.Count, (await Events()).Count);
        Assert.False(Cluster.Engine.HasAcknowledge(Number));
    }

    [Fact]
    public async Task What_we_do_is_shown_to_the_other_side_and_counted_nowhere()
    {
        await Receive(From(Customer, "Hi"));

        foreach (var state in new[] { PresenceState.Composing, PresenceState.Recording, PresenceState.Paused })
        {
            Assert.Null((await Show(state)).Refusal);
            Assert.Equal((Customer, state), await Cluster.Engine.NextPresence(Number));
        }

        var counters = (await Cluster.View(Number)).Counters;
        Assert.Equal((0, 0), (counters.SentToday, counters.Queued));
    }

    [Fact]
    public async Task It_cannot_flood()
    {
        await Receive(From(Customer, "Hi"));
        for (var n = 0; n < PresenceRate.MostPerChat; n++)
        {
            Assert.Null((await Show(PresenceState.Composing)).Refusal);
        }

        var refused = (await Show(PresenceState.Composing)).Refusal!;
        Assert.Equal(RefusalCode.RateLimited, refused.Code);
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromTicks(1), PresenceRate.Window);

        Cluster.Clock.Advance(PresenceRate.Window);
        Assert.Null((await Show(PresenceState.Composing)).Refusal);
    }

    [Fact]
    public async Task It_is_refused_where_nobody_could_see_it()
    {
        await Receive(From(Customer, "Hi"));
        Assert.Equal(RefusalCode.NotFound, (await Cluster.Chats.SetPresence(Any.Jid(), PresenceState.Composing, Access.All)).Refusal!.Code);
        Assert.Equal(RefusalCode.NotFound, (await Cluster.Number(Number).SetPresence("c_0000000000", PresenceState.Composing)).Refusal!.Code);
        Assert.Equal(RefusalCode.NotFound, (await Cluster.Chats.SetPresence(Customer, PresenceState.Composing, new Access(SandboxOnly: true))).Refusal!.Code);

        await Cluster.Number(Number).SetDesired(DesiredState.Stopped);

        Assert.Equal(RefusalCode.NoReadySession, (await Show(PresenceState.Composing)).Refusal!.Code);
    }

    [Fact]
    public async Task A_connection_that_is_lost_at_that_moment_is_a_refusal_and_nothing_is_tried_again()
    {
        await Receive(From(Customer, "Hi"));
        var tries = 0;
        Cluster.Engine.SettingPresence = () =>
        {
            tries++;
            throw new EngineException(EngineError.NotConnected, "The connection was lost meanwhile.");
        };

        try
        {
            Assert.Equal(RefusalCode.NoReadySession, (await Show(PresenceState.Composing)).Refusal!.Code);
            Assert.Equal(1, tries);
        }
        finally
        {
            Cluster.Engine.SettingPresence = () => { };
        }
    }

    private async Task<Typing?> Typing(string? jid = null) => (await Cluster.Chats.GetDetails(jid ?? Customer, Number, Access.All)).Value!.Typing;

    private Task<Typing?> Shown(Func<Typing?, bool> until, string? jid = null) => Cluster.Eventually(() => Typing(jid), until);

    private async Task<Outcome<PresenceState>> Show(PresenceState state) =>
        await Cluster.Chats.SetPresence((await Chat()).Id, state, Access.All);
}
