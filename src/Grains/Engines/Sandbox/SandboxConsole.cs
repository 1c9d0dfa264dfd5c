using System.Globalization;
using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Sandbox;

/// <summary>
/// The reserved recipient +1 202 555 0199: what it is sent is a command. An unknown command is answered with the list.
/// </summary>
internal sealed class SandboxConsole(SandboxDice dice, SandboxOptions options, SandboxScribe scribe)
{
    private const int LongestBurst = 100;

    private readonly SandboxDice _dice = dice;
    private readonly SandboxScribe _scribe = scribe;
    private readonly TimeSpan _pause = options.EchoDelay;

    private const string Help =
        "Commands: close <code> [seconds] · say <text> · reply <text> · image, video, audio, voice, document, sticker [caption] · "
        + "location · poll · contact · unsupported · react [emoji] · edit [text] · delete · typed <text> · read · "
        + "name <name> · group [text] · alias [text] · duplicate [text] · burst <1-100> · deaf";

    public (IReadOnlyList<SandboxStep> Steps, IReadOnlyList<SandboxAct> Acts) Do(
        string number, SandboxWire wire, DateTimeOffset now, TimeSpan delay)
    {
        var words = (wire.Text ?? "").Trim().Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
        var command = words.Length > 0 ? words[0].ToLowerInvariant() : "";
        var rest = words.Length > 1 ? words[1].Trim() : null;
        var turn = new Turn(this, number, wire, now, delay, rest);
        return command switch
        {
            "close" => Close(turn),
            "deaf" => ([], [new SandboxAct.Deafen(delay)]),
            _ => (Answer(command, turn) ?? turn.Say(MessageType.Text, Help), []),
        };
    }

    private static (IReadOnlyList<SandboxStep>, IReadOnlyList<SandboxAct>) Close(Turn turn)
    {
        var numbers = (turn.Rest ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (numbers.Length is not (1 or 2) || !Whole(numbers[0], 100, 999, out var code))
        {
            return (turn.Say(MessageType.Text, Help), []);
        }

        var seconds = 0;
        if (numbers.Length is 2 && !Whole(numbers[1], 1, 31_536_000, out seconds))
        {
            return (turn.Say(MessageType.Text, Help), []);
        }

        DateTimeOffset? until = seconds > 0 ? turn.Now + turn.Delay + TimeSpan.FromSeconds(seconds) : null;
        return ([], [new SandboxAct.Drop(turn.Delay, code, until)]);
    }

    private IReadOnlyList<SandboxStep>? Answer(string command, Turn turn) => command switch
    {
        "say" => turn.Say(MessageType.Text, turn.Rest),
        "reply" => turn.Say(turn.Message(MessageType.Text, turn.Rest) with { ReplyTo = turn.Wire.WhatsAppId }),
        "image" => turn.Say(MessageType.Image, turn.Rest),
        "video" => turn.Say(MessageType.Video, turn.Rest),
        "audio" => turn.Say(MessageType.Audio, null),
        "voice" => turn.Say(MessageType.Voice, null),
        "document" => turn.Say(MessageType.Document, turn.Rest),
        "sticker" => turn.Say(MessageType.Sticker, null),
        "location" => turn.Say(MessageType.Location, null),
        "poll" => turn.Say(MessageType.Poll, null),
        "contact" => turn.Say(MessageType.Contact, null),
        "unsupported" => turn.Say(MessageType.Unsupported, null),
        "react" => turn.Event(turn.Delay, new EngineEvent.ReactionReceived(
            turn.Wire.Jid, new(turn.Wire.WhatsAppId, true, null), turn.Rest ?? "👍", false, turn.Writer, turn.Now + turn.Delay)),
        "edit" => [.. turn.Say(MessageType.Text, "Befor"), .. turn.Event(turn.Second, new EngineEvent.MessageEdited(
            turn.Wire.Jid, turn.Said, turn.Rest ?? "Before", turn.Now + turn.Second, new(false, turn.Writer)))],
        "delete" => [.. turn.Say(MessageType.Text, "Soon gone"), .. turn.Event(turn.Second, new EngineEvent.MessageRevoked(
            turn.Wire.Jid, turn.Said, turn.Now + turn.Second, new(false, turn.Writer)))],
        "typed" => turn.Say(turn.Message(MessageType.Text, turn.Rest) with { FromMe = true }),
        "read" => turn.Event(turn.Delay, new EngineEvent.ChatRead(turn.Wire.Jid, turn.Now + turn.Delay)),
        "name" when turn.Rest is { } name => turn.Event(turn.Delay, new EngineEvent.Named(turn.Wire.Jid, name)),
        "group" => turn.Say(Group(turn)),
        "alias" => turn.Say(new()
        {
            From = SandboxPeople.Customer(_dice, turn.Number, _dice.Below(SandboxPeople.Customers, "alias", turn.Number, turn.Wire.WhatsAppId)),
            Text = turn.Rest,
            Address = SandboxAddress.HiddenThenKnown,
        }),
        "duplicate" => [.. turn.Say(MessageType.Text, turn.Rest), .. turn.Say(MessageType.Text, turn.Rest)],
        "burst" when Whole(turn.Rest, 1, LongestBurst, out var count) => [.. Enumerable.Range(1, count).SelectMany(turn.Nth)],
        _ => null,
    };

    private SandboxMessage Group(Turn turn)
    {
        var group = $"12025550100-{1_600_000_000 + _dice.Below(99_999_999, "group", turn.Number)}{SandboxPeople.Groups}";
        return new()
        {
            From = SandboxPeople.Participants(_dice, group)[0],
            Group = group,
            GroupName = SandboxPeople.GroupName(_dice, group),
            Text = turn.Rest,
        };
    }

    private static bool Whole(string? text, int least, int most, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;

    /// <summary>One command being carried out.</summary>
    private sealed record Turn(
        SandboxConsole Console, string Number, SandboxWire Wire, DateTimeOffset Now, TimeSpan Delay, string? Rest)
    {
        public TimeSpan Second => Delay + Console._pause;
        public string Id => Console._dice.MessageId("console", Number, Wire.WhatsAppId);
        public string? Writer => SandboxPeople.IsGroup(Wire.Jid) ? SandboxPeople.Jid(SandboxRecipients.Console) : null;
        public TargetMessage Said => new(Id, false, Writer);

        public SandboxMessage Message(MessageType type, string? text) => new()
        {
            From = SandboxPeople.IsGroup(Wire.Jid) ? SandboxRecipients.Console : Wire.Jid,
            Group = SandboxPeople.IsGroup(Wire.Jid) ? Wire.Jid : null,
            Type = type,
            Text = text,
            PushName = "Sandbox",
        };

        public IReadOnlyList<SandboxStep> Say(MessageType type, string? text) => Say(Message(type, text));

        public IReadOnlyList<SandboxStep> Say(SandboxMessage message) =>
            [.. Console._scribe.Steps(Number, message, Id, Now, Delay)];

        public IEnumerable<SandboxStep> Nth(int index) => Console._scribe.Steps(
            Number, Message(MessageType.Text, $"{index}"), Console._dice.MessageId($"burst {index}", Number, Wire.WhatsAppId), Now, Delay);

        public IReadOnlyList<SandboxStep> Event(TimeSpan delay, EngineEvent evt) => [new(delay, evt)];
    }
}
