using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Chats;

/// <summary>A change that was stored although its number never heard so: other numbers hear of the people in it all the same.</summary>
public sealed class UnansweredCommitTests : IAsyncLifetime
{
    private readonly string _customer = Any.Jid();
    private readonly string _lid = Any.Lid();
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;
    private string _other = null!;
    private Func<NumberChanges, bool> _loses = _ => false;
    private bool _beforeItIsStored;
    private int _lost;

    private EngineEvent Alias => new EngineEvent.AliasLearned(_customer, _lid);

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(new ClusterSetup { Commits = Commit });
        _number = await _cluster.ReadyNumber(Any.Phone());
        _other = await _cluster.ReadyNumber(Any.Phone());
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_merge_that_was_stored_is_told_to_the_others()
    {
        await Raise(_other, Message(_lid, "hidden"), Message(_customer, "open"));
        await Raise(_number, Message(_customer, "to the first number"));
        _loses = changes => changes.Merges.Count > 0 && _lost == 0;

        await Raise(_number, Alias);

        Assert.Equal(1, _lost);
        await OneChat(_other);
    }

    [Fact]
    public async Task A_merge_that_was_lost_is_told_only_when_it_is_stored()
    {
        await Raise(_other, Message(_lid, "hidden"), Message(_customer, "open"));
        await Raise(_number, Message(_customer, "to the first number"));
        _loses = changes => changes.Merges.Count > 0;
        _beforeItIsStored = true;
        var batch = _cluster.Engine.Next(_number, Alias);
        await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Repeat(batch));
        await _cluster.Passes(2);
        Assert.Equal(2, (await _cluster.ChatsOf(_other)).Count);

        _loses = _ => false;
        await _cluster.Engine.Repeat(batch);

        await OneChat(_other);
    }

    [Fact]
    public async Task A_first_chat_that_was_stored_is_looked_at_again()
    {
        await Raise(_other, new EngineEvent.Named(_lid, "Amina"));
        await Raise(_number, Message(_customer, "to the first number"), Alias);
        await Raise(_other, Message(_customer, "open"));
        _loses = changes => changes.NewMessages.Count > 0 && _lost == 0;

        Assert.Null((await _cluster.Messages.Send(Any.Send("hello", _lid, _other))).Refusal);

        Assert.Equal(1, _lost);
        var chat = await OneChat(_other);
        Assert.Equal(["hello", "open"], (await _cluster.MessagesOf(chat.Id)).Select(message => message.Text).Order());
    }

    private async Task<CommitResult> Commit(NumberChanges changes, Func<Task<CommitResult>> commit)
    {
        if (!_loses(changes))
        {
            return await commit();
        }

        _lost++;
        if (!_beforeItIsStored)
        {
            await commit();
        }

        throw new StorageUnavailableException("The answer was lost, says the test.");
    }

    private EngineEvent Message(string jid, string text) =>
        new EngineEvent.MessageReceived(Any.Inbound(text, _cluster.Clock.GetUtcNow(), null, jid));

    private Task Raise(string number, params EngineEvent[] events) => _cluster.Engine.Raise(number, events);

    private async Task<ChatView> OneChat(string number) =>
        Assert.Single(await _cluster.Eventually(() => _cluster.ChatsOf(number), chats => chats.Count == 1));
}
