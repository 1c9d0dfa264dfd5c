using System.Globalization;
using Loopwave.Engines;

namespace Loopwave.Sandbox;

/// <summary>The older chats on a number's phone: never stored, told again the same way whenever asked.</summary>
internal sealed class SandboxHistoryBook(SandboxDice dice, SandboxScribe scribe)
{
    /// <summary>Messages of one event, so that none becomes large.</summary>
    private const int BatchSize = 100;

    /// <summary>What comes of each chat by itself.</summary>
    private const int Newest = 20;

    private static readonly TimeSpan BetweenChats = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenMessages = TimeSpan.FromMinutes(7);

    /// <summary>What a phone tells a newly linked device: the newest of each chat, in batches.</summary>
    public IReadOnlyList<EngineEvent> AtLinking(string number, SandboxHistory history, DateTimeOffset end)
    {
        var messages = Enumerable.Range(0, history.Chats)
            .SelectMany(chat => Enumerable.Range(0, Math.Min(history.Messages, Newest)).Select(age => Message(number, chat, age, end)))
            .Chunk(BatchSize)
            .ToList();
        return [.. messages.Select((batch, i) =>
            new EngineEvent.HistoryReceived(batch, null, 100 * (i + 1) / messages.Count, i == messages.Count - 1))];
    }

    /// <summary>What the phone answers when asked for older messages of a chat, newest first.</summary>
    public EngineEvent Older(string number, SandboxHistory history, DateTimeOffset? end, EngineHistoryRequest request)
    {
        var chat = SandboxPeople.Chat(request.Jid);
        var index = Enumerable.Range(0, end is null ? 0 : history.Chats)
            .Where(i => SandboxPeople.Jid(SandboxPeople.Customer(dice, number, i)) == chat)
            .Cast<int?>()
            .FirstOrDefault();
        IReadOnlyList<InboundMessage> older = index is { } found
            ? [.. Enumerable.Range(0, history.Messages)
                .Select(age => Message(number, found, age, end!.Value))
                .Where(message => message.Timestamp < request.OldestAt)
                .Take(request.Count)]
            : [];
        return new EngineEvent.HistoryReceived(older, request.Request, 100, true);
    }

    private InboundMessage Message(string number, int chat, int age, DateTimeOffset end)
    {
        var id = dice.MessageId("history", number, string.Create(CultureInfo.InvariantCulture, $"{chat}/{age}"));
        var message = new SandboxMessage
        {
            From = SandboxPeople.Customer(dice, number, chat),
            FromMe = age % 2 == 1,
            Text = $"History {age + 1}",
        };
        return scribe.Write(number, message, id, end - BetweenChats * (chat + 1) - BetweenMessages * age);
    }
}
