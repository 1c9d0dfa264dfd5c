using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Messages;

/// <summary>Phones that some countries write in several ways: the network says which of them is the address.</summary>
public sealed class ResolvingTests : IAsyncLifetime
{
    private const string Asked = "551187654321";
    private const string AskedJid = Asked + "@s.whatsapp.net";
    private const string Real = "5511987654321@s.whatsapp.net";

    private readonly string _lid = Any.Lid();
    private readonly List<NumberChanges> _commits = [];
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;
    private int _asked;

    private DateTimeOffset Now => _cluster.Clock.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(new ClusterSetup { Commits = Commit });
        _cluster.Engine.Directory = phone =>
        {
            _asked++;
            return phone == Asked ? new RecipientCheck(true, Real, _lid) : new RecipientCheck(true, phone + "@s.whatsapp.net", null);
        };
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_goes_to_the_address_that_the_network_names_and_the_answer_comes_to_the_same_chat(bool hidden)
    {
        var asking = HoldResolving();
        var sent = await Accept("Oi");
        var before = await Stored(sent);
        Assert.Equal(AskedJid, before.ChatId);
        asking.SetResult();
        var relay = await Confirm();
        Assert.Equal((Real, Real), (relay.Jid, relay.Message.Jid));

        await Receive(hidden ? _lid : Real, "Tudo bem?");

        var chat = Assert.Single(await _cluster.ChatsOf(_number));
        Assert.Equal((before.Chat, Real, "5511987654321", "Amina"), (chat.Id, chat.ChatId, chat.Phone, chat.Name));
        Assert.Equal(["Tudo bem?", "Oi"], (await _cluster.MessagesOf(chat.Id)).Select(message => message.Text));
        Assert.Equal((sent, chat.Id, Real), ((await Stored(sent)).Id, (await Stored(sent)).Chat, (await Stored(sent)).To));
        foreach (var name in new[] { AskedJid, Real, _lid, chat.Id })
        {
            Assert.Equal(chat.Id, (await _cluster.Chats.Get(name, _number, Access.All)).Value!.Id);
        }
    }

    [Fact]
    public async Task The_network_is_asked_once_however_the_phone_is_written_afterwards()
    {
        await Accept("one");
        await Confirm();
        await Accept("two");
        Assert.Equal(Real, (await Confirm()).Jid);
        await Accept("three", "5511987654321");
        Assert.Equal(Real, (await Confirm()).Jid);

        _cluster = await _cluster.Restart();
        await _cluster.Number(_number).Ensure();
        await _cluster.Reconnected(_number);
        await Accept("four");
        Assert.Equal(Real, (await Confirm()).Jid);

        Assert.Equal(1, _asked);
        Assert.Single(await _cluster.ChatsOf(_number));
    }

    [Fact]
    public async Task What_was_accepted_before_anybody_asked_goes_to_the_same_address_in_order()
    {
        foreach (var text in new[] { "one", "two", "three" })
        {
            await Accept(text);
        }

        foreach (var text in new[] { "one", "two", "three" })
        {
            var relay = await Confirm();
            Assert.Equal((Real, Real, text), (relay.Jid, relay.Message.Jid, relay.Message.Text));
        }

        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task A_person_who_has_a_chat_already_gets_no_second_one()
    {
        await Receive(Real, "Hello");
        var known = Assert.Single(await _cluster.ChatsOf(_number));
        var asking = HoldResolving();
        var sent = await Accept("Oi");
        var begun = (await Stored(sent)).Chat;
        await Accept("Again");
        Assert.NotEqual(known.Id, begun);
        asking.SetResult();

        Assert.Equal(Real, (await Confirm()).Jid);
        Assert.Equal((Real, "Again"), ((await Confirm()) is var relay ? relay.Jid : "", relay.Message.Text));

        var chat = Assert.Single(await _cluster.ChatsOf(_number));
        Assert.Equal((known.Id, Real, "Amina"), (chat.Id, chat.ChatId, chat.Name));
        Assert.Equal(["Again", "Oi", "Hello"], (await _cluster.MessagesOf(begun)).Select(message => message.Text));
        Assert.Equal(chat.Id, (await _cluster.Chats.Get(begun, _number, Access.All)).Value!.Id);
        Assert.Equal(chat.Id, (await Stored(sent)).Chat);
    }

    [Fact]
    public async Task Somebody_who_wrote_under_a_hidden_address_is_the_same_person()
    {
        await Receive(_lid, "Hello");
        await Accept("Oi");
        Assert.Equal(Real, (await Confirm()).Jid);

        var chat = Assert.Single(await _cluster.ChatsOf(_number));
        Assert.Equal(Real, chat.ChatId);
        Assert.Equal(["Oi", "Hello"], (await _cluster.MessagesOf(_lid)).Select(message => message.Text));
    }

    [Fact]
    public async Task What_one_number_learned_holds_for_the_others()
    {
        var other = await _cluster.ReadyNumber(Any.Phone());
        await _cluster.Engine.Raise(other, new EngineEvent.MessageReceived(Any.Inbound("Hello", Now, jid: Real)));
        await Accept("Oi");
        await Confirm();

        Assert.Null((await _cluster.Messages.Send(Any.Send("to whom wrote", Asked, other))).Refusal);

        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasRelay(other)));
        Assert.Equal(Real, (await _cluster.Engine.NextRelay(other)).Jid);
        Assert.Single(await _cluster.ChatsOf(other));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task The_address_is_stored_in_one_commit_with_what_marks_it_as_asked_for()
    {
        await Accept("Oi");
        await Confirm();

        var learned = Assert.Single(_commits, changes => changes.Aliases.Any(alias => alias.Jid == Real));
        Assert.Equal(new[] { Real, _lid }.Order(), learned.Aliases.Select(alias => alias.Jid).Order());
        Assert.True(Assert.Single(learned.Chats).Verified);
        Assert.Equal((QueueState.Handed, Real), (Assert.Single(learned.ChangedQueue).State, learned.ChangedQueue[0].Jid));
    }

    private TaskCompletionSource HoldResolving()
    {
        var held = new TaskCompletionSource();
        _cluster.Engine.Resolving = held.Task;
        return held;
    }

    private Task<CommitResult> Commit(NumberChanges changes, Func<Task<CommitResult>> commit)
    {
        lock (_commits)
        {
            _commits.Add(changes);
        }

        return commit();
    }

    private Task Receive(string jid, string text) =>
        _cluster.Engine.Raise(_number, new EngineEvent.MessageReceived(Any.Inbound(text, Now, jid: jid)));

    private async Task<string> Accept(string text, string to = Asked)
    {
        var answer = await _cluster.Messages.Send(Any.Send(text, to, _number));
        Assert.Null(answer.Refusal);
        return answer.Value!.Message.Id;
    }

    private async Task<MessageView> Stored(string id) => (await _cluster.Messages.Get(id, Access.All)).Value!.Message;

    /// <summary>Lets time pass until the next message is written, and acknowledges it.</summary>
    private async Task<FakeRelay> Confirm()
    {
        var relay = await _cluster.Relayed(_number);
        await _cluster.Engine.Raise(_number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));
        return relay;
    }
}
