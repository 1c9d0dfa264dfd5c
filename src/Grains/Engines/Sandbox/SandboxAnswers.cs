using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Sandbox;

/// <summary>What a message of ours leads to. Nothing at all (null, null) leaves it to a later arrival to be answered.</summary>
/// <param name="First">On the first arrival that is answered.</param>
/// <param name="Repeat">On every arrival after that; never reaches the person again.</param>
/// <param name="Acts">What happens to the connection at the first answered arrival.</param>
internal sealed record SandboxAnswer(
    IReadOnlyList<SandboxStep>? First,
    IReadOnlyList<SandboxStep>? Repeat,
    IReadOnlyList<SandboxAct> Acts)
{
    public static SandboxAnswer None { get; } = new(null, null, []);
}

/// <summary>Something that happens to the connection itself. It is not kept: a connection that is gone needs it no more.</summary>
internal abstract record SandboxAct(TimeSpan Delay)
{
    public sealed record Drop(TimeSpan Delay, int Code, DateTimeOffset? Until = null) : SandboxAct(Delay);

    public sealed record Deafen(TimeSpan Delay) : SandboxAct(Delay);

    /// <summary>Somebody begins to write.</summary>
    public sealed record Write(TimeSpan Delay, string Jid, string? Participant, PresenceState State) : SandboxAct(Delay);
}

/// <summary>Decides how servers and people take a message of ours.</summary>
internal sealed class SandboxAnswers(SandboxDice dice, SandboxOptions options, SandboxScribe scribe, SandboxConsole console)
{
    public SandboxAnswer To(string number, SandboxWire wire, SandboxFaults faults, DateTimeOffset now)
    {
        var behaviour = SandboxRecipients.Of(wire.Jid);
        if (faults.NeverAck || behaviour is SandboxBehaviour.NeverAck)
        {
            return SandboxAnswer.None;
        }

        var times = Schedule(number, wire, slow: faults.SlowAck || behaviour is SandboxBehaviour.SlowAck);
        var error = Error(behaviour, wire.Jid);
        var ack = new SandboxStep(times.Ack, new EngineEvent.ServerAcknowledged(wire.WhatsAppId, now + times.Ack, error));
        if (error is not null || wire.Kind is not OutboundKind.Message)
        {
            return new([ack], [ack], []);
        }

        if (behaviour is SandboxBehaviour.Console)
        {
            var (steps, acts) = console.Do(number, wire, now, times.Echo);
            return new([ack, .. Receipts(wire, now, times, behaviour), .. steps], [ack], acts);
        }

        var echo = Echo(number, wire, now, times.Echo, behaviour).ToList();
        IReadOnlyList<SandboxStep> social = [.. Receipts(wire, now, times, behaviour), .. echo];
        IReadOnlyList<SandboxAct> writes = [.. Writing(echo, times)];
        return behaviour switch
        {
            SandboxBehaviour.AckLostOnce => new(social, [ack], writes),
            SandboxBehaviour.DropBeforeAck => new(social, [ack], [new SandboxAct.Drop(times.Ack, 428)]),
            SandboxBehaviour.DropAfterAck => new([ack, .. social], [ack], [new SandboxAct.Drop(times.Ack, 428)]),
            SandboxBehaviour.GoneDeaf => new(social, [ack], [new SandboxAct.Deafen(TimeSpan.Zero)]),
            SandboxBehaviour.Ordinary or SandboxBehaviour.DeliveredOnly or SandboxBehaviour.ReadOnly
                or SandboxBehaviour.SentOnly or SandboxBehaviour.NotOnWhatsApp or SandboxBehaviour.Restricted
                or SandboxBehaviour.Refused or SandboxBehaviour.Unbuildable or SandboxBehaviour.SlowAck
                or SandboxBehaviour.NeverAck or SandboxBehaviour.GroupFailure or SandboxBehaviour.AnswersTwice
                or SandboxBehaviour.AnswersHidden or SandboxBehaviour.OtherForm or SandboxBehaviour.Console => new([ack, .. social], [ack], writes),
        };
    }

    private static int? Error(SandboxBehaviour behaviour, string jid) => behaviour switch
    {
        SandboxBehaviour.NotOnWhatsApp or SandboxBehaviour.OtherForm => 404,
        SandboxBehaviour.Restricted => 463,
        SandboxBehaviour.Refused => 479,
        SandboxBehaviour.GroupFailure => SandboxPeople.IsGroup(jid) ? 403 : null,
        SandboxBehaviour.Ordinary or SandboxBehaviour.DeliveredOnly or SandboxBehaviour.ReadOnly
            or SandboxBehaviour.SentOnly or SandboxBehaviour.Unbuildable or SandboxBehaviour.SlowAck
            or SandboxBehaviour.NeverAck or SandboxBehaviour.AckLostOnce or SandboxBehaviour.DropBeforeAck
            or SandboxBehaviour.DropAfterAck or SandboxBehaviour.GoneDeaf or SandboxBehaviour.AnswersTwice
            or SandboxBehaviour.AnswersHidden or SandboxBehaviour.Console => null,
    };

    private IEnumerable<SandboxStep> Receipts(
        SandboxWire wire, DateTimeOffset now, Times times, SandboxBehaviour behaviour)
    {
        if (behaviour is SandboxBehaviour.SentOnly)
        {
            yield break;
        }

        IReadOnlyList<string?> readers = SandboxPeople.IsGroup(wire.Jid)
            ? [.. SandboxPeople.Participants(dice, wire.Jid).Select(SandboxPeople.Jid)]
            : [null];
        foreach (var reader in readers)
        {
            yield return Receipt(ReceiptKind.Delivered, times.Delivered, reader);
        }

        if (behaviour is SandboxBehaviour.DeliveredOnly)
        {
            yield break;
        }

        foreach (var reader in readers)
        {
            yield return Receipt(ReceiptKind.Read, times.Read, reader);
        }

        SandboxStep Receipt(ReceiptKind kind, TimeSpan delay, string? reader) =>
            new(delay, new EngineEvent.ReceiptReceived(wire.Jid, [wire.WhatsAppId], kind, now + delay, reader));
    }

    private IEnumerable<SandboxStep> Echo(
        string number, SandboxWire wire, DateTimeOffset now, TimeSpan delay, SandboxBehaviour behaviour)
    {
        if (!options.Echo
            || behaviour is SandboxBehaviour.DeliveredOnly or SandboxBehaviour.ReadOnly or SandboxBehaviour.SentOnly)
        {
            return [];
        }

        var group = SandboxPeople.IsGroup(wire.Jid) ? wire.Jid : null;
        var answer = new SandboxMessage
        {
            From = group is null ? wire.Jid : SandboxPeople.Participants(dice, group)[dice.Below(3, "echo", number, wire.WhatsAppId)],
            Group = group,
            Type = wire.Type is MessageType.Contact or MessageType.Poll or MessageType.Unsupported ? MessageType.Text : wire.Type,
            Text = wire.Text is { } text ? "Echo: " + text : wire.Type is MessageType.Text ? "Echo" : null,
            Location = wire.Location,
            Address = behaviour is SandboxBehaviour.AnswersHidden ? SandboxAddress.HiddenThenKnown : SandboxAddress.Both,
        };
        var id = dice.MessageId("echo", number, wire.WhatsAppId);
        var steps = scribe.Steps(number, answer, id, now, delay).ToList();
        return behaviour is SandboxBehaviour.AnswersTwice ? [.. steps, .. steps] : steps;
    }

    // Whoever has read it writes until the answer comes; who answers at once is never seen writing.
    private static IEnumerable<SandboxAct> Writing(IReadOnlyList<SandboxStep> echo, Times times)
    {
        if (times.Echo > times.Read && echo.Select(step => step.Event).OfType<EngineEvent.MessageReceived>().FirstOrDefault() is { Message: var answer })
        {
            yield return new SandboxAct.Write(
                times.Read, answer.Jid, answer.Participant, answer.Type is MessageType.Voice ? PresenceState.Recording : PresenceState.Composing);
        }
    }

    // One message's delays all vary alike, and nothing comes before what it follows from.
    private Times Schedule(string number, SandboxWire wire, bool slow)
    {
        var factor = dice.Variation("delay", number, wire.WhatsAppId);
        var ack = (slow ? options.SlowAckDelay : options.AckDelay) * factor;
        var delivered = Later(options.DeliveredDelay * factor, ack);
        var read = Later(options.ReadDelay * factor, delivered);
        return new(ack, delivered, read, Later(options.EchoDelay * factor, read));

        static TimeSpan Later(TimeSpan delay, TimeSpan after) => delay > after ? delay : after;
    }

    private readonly record struct Times(TimeSpan Ack, TimeSpan Delivered, TimeSpan Read, TimeSpan Echo);
}
