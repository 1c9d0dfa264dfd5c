using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Testing;
using Xunit;

namespace Loopwave;

/// <summary>A test with a number that is ready and a customer who has not written yet, on a cluster shared with its class.</summary>
public abstract class OneNumber(SharedCluster shared) : IAsyncLifetime
{
    protected LoopwaveCluster Cluster { get; private set; } = null!;

    protected string Number { get; private set; } = null!;

    protected string Customer { get; } = Any.Jid();

    protected DateTimeOffset Now => Cluster.Clock.GetUtcNow();

    public virtual async ValueTask InitializeAsync()
    {
        Cluster = await shared.Get();
        Number = await Cluster.ReadyNumber(Any.Phone());
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Who changes a message in a chat with one person: that person.</summary>
    protected static MessageSender Them { get; } = new(false);

    /// <summary>The same, typed on our own phone.</summary>
    protected static MessageSender Us { get; } = new(true);

    protected InboundMessage From(string jid, string text, string? id = null) => Any.Inbound(text, Now, id, jid);

    protected Task Raise(params EngineEvent[] events) => Cluster.Engine.Raise(Number, events);

    protected Task Receive(params InboundMessage[] messages) =>
        Raise([.. messages.Select(message => new EngineEvent.MessageReceived(message))]);

    protected async Task<ChatView> Chat(string? jid = null) => (await Cluster.Chats.Get(jid ?? Customer, Number, Access.All)).Value!;

    /// <summary>The one message of the chat with the customer.</summary>
    protected async Task<MessageView> OnlyMessage() => Assert.Single(await Cluster.MessagesOf((await Chat()).Id));

    protected async Task<MessageDetails> Stored(string message) => (await Cluster.Messages.Get(message, Access.All)).Value!;

    /// <summary>Has a text accepted and written to the network, unanswered.</summary>
    protected async Task<(string Id, FakeRelay Relay)> Send(string text)
    {
        var answer = await Cluster.Messages.Send(Any.Send(text, Customer, Number));
        Cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        return (answer.Value!.Message.Id, await Cluster.Engine.NextRelay(Number));
    }

    /// <summary>The events since then, by name.</summary>
    protected async Task<IReadOnlyList<OutboxRow>> Events(long after = 0) => await Cluster.Outbox(Number, after);

    protected async Task<long> LastSequence() => (await Events()).Max(row => row.Sequence);
}
