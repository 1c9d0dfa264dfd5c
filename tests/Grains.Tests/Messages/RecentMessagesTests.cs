using Loopwave.Engines;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Messages;

/// <summary>What is kept of messages that were stored just now, and when it must not be trusted.</summary>
public sealed class RecentMessagesTests
{
    private static readonly DateTimeOffset At = new(2026, 6, 29, 10, 15, 0, TimeSpan.Zero);

    private readonly RecentMessages _recent = new();

    [Fact]
    public void A_message_of_ours_is_known_by_both_ids_as_it_was_stored_last()
    {
        Add(Ours("m_1"), change: 1);

        Change(Ours("m_1") with { Status = MessageStatus.Sent }, change: 2);

        Assert.Equal(MessageStatus.Sent, _recent.Find("m_1")!.Status);
        Assert.Equal(MessageStatus.Sent, _recent.FindByWhatsAppId("3EBm_1")!.Status);
    }

    [Fact]
    public void An_earlier_change_that_is_heard_of_later_changes_nothing()
    {
        Add(Ours("m_1"), change: 1);
        Change(Ours("m_1") with { Status = MessageStatus.Sent }, change: 3);

        Change(Ours("m_1") with { Status = MessageStatus.Queued }, change: 2);

        Assert.Equal(MessageStatus.Sent, _recent.Find("m_1")!.Status);
    }

    [Fact]
    public void What_others_wrote_is_read_from_storage()
    {
        Add(Ours("m_1") with { FromMe = false, Sender = "p_1" }, change: 1);
        Add(Ours("m_2") with { Author = new MessageAuthor(AuthorType.Phone, null, null) }, change: 2);
        Change(Ours("m_3"), change: 3);

        Assert.Equal(0, _recent.Count);
    }

    [Fact]
    public void A_network_id_that_somebody_else_uses_too_is_looked_for_in_storage()
    {
        Add(Ours("m_1"), change: 1);

        Add(Ours("m_2") with { WhatsAppId = "3EBm_1", FromMe = false, Sender = "p_1" }, change: 2);
        Change(Ours("m_1") with { Status = MessageStatus.Sent }, change: 3);

        Assert.Null(_recent.FindByWhatsAppId("3EBm_1"));
        Assert.Null(_recent.Find("m_1"));
    }

    [Fact]
    public void Only_so_many_are_kept_and_those_that_changed_last_stay()
    {
        Add(Ours("m_0"), change: 1);
        Add(Ours("m_1"), change: 2);
        Change(Ours("m_0") with { Status = MessageStatus.Sent }, change: 3);
        for (var i = 2; i <= RecentMessages.Most; i++)
        {
            Add(Ours($"m_{i}"), change: i + 2);
        }

        Assert.Equal(RecentMessages.Most, _recent.Count);
        Assert.NotNull(_recent.Find("m_0"));
        Assert.Null(_recent.Find("m_1"));
    }

    [Fact]
    public void What_has_not_changed_for_a_while_is_let_go_of()
    {
        Add(Ours("m_1"), change: 1, At);
        Add(Ours("m_2"), change: 2, At);
        Change(Ours("m_2") with { Status = MessageStatus.Sent }, change: 3, At.AddSeconds(20));

        _recent.Trim(At + RecentMessages.KeptFor);

        Assert.Null(_recent.Find("m_1"));
        Assert.NotNull(_recent.Find("m_2"));
    }

    private void Add(MessageDocument message, long change, DateTimeOffset? at = null) => _recent.Stored([message], [], change, at ?? At);

    private void Change(MessageDocument message, long change, DateTimeOffset? at = null) => _recent.Stored([], [message], change, at ?? At);

    private static MessageDocument Ours(string id) => new()
    {
        Id = id,
        Number = "n1",
        Chat = "c_1",
        WhatsAppId = $"3EB{id}",
        FromMe = true,
        Author = new MessageAuthor(AuthorType.Api, "key00001", "Test"),
        Type = MessageType.Text,
        Text = "hi",
        Status = MessageStatus.Queued,
        Timestamp = At,
        UpdatedAt = At,
    };
}

/// <summary>A number that sends reads nothing of its message again from accepting it to its being read.</summary>
public sealed class RecentMessagesOfANumberTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;
    private CountedMessages _reads = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(services =>
        {
            var stored = services.Last(service => service.ServiceType == typeof(IMessageStore));
            services.Remove(stored);
            services.AddSingleton<IMessageStore>(provider => _reads = new CountedMessages(
                (IMessageStore)(stored.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, stored.ImplementationType!))));
        });
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task From_accepting_a_message_to_its_being_read_storage_is_not_asked_for_it()
    {
        var number = await _cluster.ReadyNumber(Any.Phone());
        var before = _reads.Asked;

        var answer = await _cluster.Messages.Send(Any.Send("hi", Any.Customer, number));
        var relay = await _cluster.Engine.NextRelay(number);
        await _cluster.Engine.Raise(number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, _cluster.Clock.GetUtcNow()));
        await _cluster.Engine.Raise(number, new EngineEvent.ReceiptReceived(Any.Customer, [relay.WhatsAppId], ReceiptKind.Delivered, _cluster.Clock.GetUtcNow()));
        await _cluster.Engine.Raise(number, new EngineEvent.ReceiptReceived(Any.Customer, [relay.WhatsAppId], ReceiptKind.Read, _cluster.Clock.GetUtcNow()));

        Assert.Equal(before, _reads.Asked);
        var stored = (await _cluster.Messages.Get(answer.Value!.Message.Id, Access.All)).Value!;
        Assert.Equal(MessageStatus.Read, stored.Message.Status);
        Assert.Equal(before + 1, _reads.Asked);
    }
}
