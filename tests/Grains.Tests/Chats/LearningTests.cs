using CsCheck;
using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Chats;

/// <summary>What one number learns about the people of others.</summary>
public sealed class LearningTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    private readonly string _lid = Any.Lid();
    private string _other = null!;

    private EngineEvent Alias => new EngineEvent.AliasLearned(Customer, _lid);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _other = await Cluster.ReadyNumber(Any.Phone());
    }

    [Fact]
    public async Task Chats_that_another_number_has_in_use_become_one_by_themselves()
    {
        await Raise(_other, Message(_lid, "hidden"), Message(Customer, "open"));
        var before = await Cluster.ChatsOf(_other);
        await Receive(From(Customer, "to the first number"));

        await Raise(Alias);

        var chat = await OneChat(_other);
        Assert.Equal((Customer, 2), (chat.ChatId, chat.UnreadCount));
        Assert.Equal(["hidden", "open"], (await Cluster.MessagesOf(chat.Id)).Select(message => message.Text).Order());
        Assert.Equal((await Chat()).Contact, chat.Contact);
        foreach (var known in before)
        {
            Assert.Equal(chat.Id, (await Cluster.Chats.Get(known.Id, _other, Access.All)).Value!.Id);
        }

        var said = (await Cluster.Outbox(_other)).Last();
        Assert.Equal(("chats.updated", chat.Id, 2), (said.Event, (string)said.Data["id"]!, (int)said.Data["unreadCount"]!));
    }

    [Fact]
    public async Task A_chat_under_a_hidden_address_shows_the_phone_that_another_number_learned()
    {
        await Raise(_other, Message(_lid, "hidden"));

        await Raise(Alias);

        var chat = await Cluster.Eventually(() => OneChat(_other), chat => chat.ChatId == Customer);
        Assert.Equal(Customer.Split('@')[0], chat.Phone);
        Assert.Equal(chat.Id, (await Cluster.Chats.Get(Customer, _other, Access.All)).Value!.Id);
    }

    [Fact]
    public async Task A_number_that_had_no_chat_to_be_told_about_ends_with_one_chat_all_the_same()
    {
        await Raise(_other, new EngineEvent.Named(_lid, "Amina"));
        await Receive(From(Customer, "to the first number"));
        await Raise(Alias);

        await Raise(_other, Message(Customer, "open"));
        await Raise(_other, Message(_lid, "hidden"));

        var chat = await Cluster.Eventually(() => OneChat(_other), chat => chat.UnreadCount == 2);
        Assert.Equal(Customer, chat.ChatId);
        Assert.Equal(["hidden", "open"], (await Cluster.MessagesOf(chat.Id)).Select(message => message.Text).Order());
    }

    [Fact]
    public async Task What_a_number_learned_first_from_another_one_changes_nothing_when_its_own_network_says_it()
    {
        await Raise(_other, Message(_lid, "hidden"), Message(Customer, "open"));
        await Raise(Alias);
        var chat = await OneChat(_other);
        var events = (await Cluster.Outbox(_other)).Count;

        await Raise(_other, Alias);

        Assert.Equal((chat.Id, 2, chat.UpdatedAt), ((await OneChat(_other)).Id, (await OneChat(_other)).UnreadCount, (await OneChat(_other)).UpdatedAt));
        Assert.Equal(events, (await Cluster.Outbox(_other)).Count);
    }

    [Fact]
    public async Task What_another_number_accepted_for_both_chats_goes_out_one_after_the_other()
    {
        await Raise(_other, Message(_lid, "hidden"), Message(Customer, "open"));
        await Cluster.Messages.Send(Any.Send("1", Customer, _other));
        var first = await Cluster.Relayed(_other);
        await Raise(Alias);
        await OneChat(_other);

        await Cluster.Messages.Send(Any.Send("2", _lid, _other));
        await Cluster.Passes(3);
        Assert.False(Cluster.Engine.HasRelay(_other));
        await Raise(_other, new EngineEvent.ServerAcknowledged(first.WhatsAppId, Now));

        Assert.Equal("2", (await Cluster.Relayed(_other)).Message.Text);
    }

    [Fact]
    public async Task Whoever_learns_what_and_when_everybody_ends_with_one_chat_per_person() => await Gen
        .Select(Gen.Int[0, 3], Gen.Int[0, 1], Gen.Int[0, 2]).Array[20, 40].SampleAsync(
            async steps =>
            {
                var numbers = new[] { Number, _other };
                var people = Enumerable.Range(0, 3).Select(_ => (Phone: Any.Jid(), Lid: Any.Lid())).ToList();
                var sent = new List<(string Number, int Person)>();
                foreach (var (what, number, person) in steps)
                {
                    var (phone, lid) = people[person];
                    await Raise(numbers[number], what switch
                    {
                        0 => Message(phone, "open"),
                        1 => Message(lid, "hidden"),
                        2 => new EngineEvent.AliasLearned(phone, lid),
                        _ => new EngineEvent.Named(lid, $"Person {person}"),
                    });
                    if (what < 2)
                    {
                        sent.Add((numbers[number], person));
                    }
                }

                // In the end one of the two knows everybody.
                await Raise(Number, [.. people.Select(one => new EngineEvent.AliasLearned(one.Phone, one.Lid))]);
                foreach (var (number, person) in sent.Distinct())
                {
                    var messages = sent.Count(one => one == (number, person));
                    var chats = await Cluster.Eventually(() => ChatsWith(number, people[person]), chats => chats.Count == 1);
                    Assert.Equal(messages, chats[0].UnreadCount);
                    Assert.Equal(messages, (await Cluster.MessagesOf(chats[0].Id)).Count);
                }

                for (var person = 0; person < people.Count; person++)
                {
                    var everywhere = (await ChatsWith(Number, people[person])).Concat(await ChatsWith(_other, people[person])).ToList();
                    Assert.True(everywhere.Select(chat => chat.Contact).Distinct().Count() <= 1);
                }
            },
            iter: 20, threads: 1);

    private async Task<IReadOnlyList<ChatView>> ChatsWith(string number, (string Phone, string Lid) person) =>
        [.. (await Cluster.ChatsOf(number)).Where(chat => chat.ChatId == person.Phone || chat.ChatId == person.Lid)];

    private async Task<ChatView> OneChat(string number) =>
        Assert.Single(await Cluster.Eventually(() => Cluster.ChatsOf(number), chats => chats.Count == 1));

    private EngineEvent Message(string jid, string text) => new EngineEvent.MessageReceived(From(jid, text));

    private Task Raise(string number, params EngineEvent[] events) => Cluster.Engine.Raise(number, events);
}
