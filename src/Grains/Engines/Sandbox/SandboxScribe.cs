using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Sandbox;

/// <summary>Something that happens to a number after a while.</summary>
internal sealed record SandboxStep(TimeSpan Delay, EngineEvent Event);

/// <summary>Writes messages as the network would give them, filling in whatever was left open.</summary>
internal sealed class SandboxScribe(SandboxDice dice, SandboxOptions options)
{
    /// <summary>Everything that the arrival of a message brings: a group's name, the message, whose address it was.</summary>
    public IEnumerable<SandboxStep> Steps(string number, SandboxMessage message, string id, DateTimeOffset now, TimeSpan delay)
    {
        if (message is { Group: { } group, GroupName: { } name })
        {
            yield return new(delay, new EngineEvent.Named(group, name));
        }

        yield return new(delay, new EngineEvent.MessageReceived(Write(number, message, id, now + delay)));
        var jid = JidOf(message.From);
        if (message.Address is SandboxAddress.HiddenThenKnown && SandboxPeople.PhoneOf(jid) is { } phone)
        {
            var known = new EngineEvent.AliasLearned(SandboxPeople.Jid(phone), SandboxPeople.Lid(phone));
            yield return new(delay + options.AliasDelay, known);
        }
    }

    public InboundMessage Write(string number, SandboxMessage message, string id, DateTimeOffset at)
    {
        var (jid, other) = Address(JidOf(message.From), message.Address);
        var inGroup = message.Group is not null;
        var made = new InboundMessage
        {
            WhatsAppId = id,
            Jid = message.Group ?? jid,
            OtherJid = inGroup ? null : other,
            FromMe = message.FromMe,
            Participant = inGroup && !message.FromMe ? jid : null,
            OtherParticipant = inGroup && !message.FromMe ? other : null,
            PushName = message.FromMe ? null : message.PushName ?? NameOf(jid),
            Timestamp = at,
            Type = message.Type,
            Text = message.Text,
            ReplyTo = message.ReplyTo is { } target ? new(target, message.ReplyToFromMe, null) : null,
            Mentions = message.Mentions,
        };
        return Fill(made, message, number, id);
    }

    public static string JidOf(string address) =>
        address.Contains('@', StringComparison.Ordinal) ? address : SandboxPeople.Jid(address);

    private InboundMessage Fill(InboundMessage made, SandboxMessage message, string number, string id) => message.Type switch
    {
        MessageType.Text => made with { Text = message.Text ?? $"Hello {1 + dice.Below(9999, "text", number, id)}" },
        MessageType.Image or MessageType.Video or MessageType.Audio or MessageType.Voice or MessageType.Document
            or MessageType.Sticker => made with { File = SandboxFiles.Remote(message.Type, id) },
        MessageType.Location => made with { Location = message.Location ?? new(52.5163, 13.3777, "Brandenburger Tor") },
        MessageType.Contact => made with
        {
            Contacts = message.Contacts.Count > 0 ? message.Contacts : [new("Grace Okafor", ["12025550100"])],
        },
        MessageType.Poll => made with { Poll = message.Poll ?? new("Which day suits you?", ["Monday", "Tuesday", "Neither"]) },
        MessageType.Unsupported => made,
    };

    private static (string Jid, string? Other) Address(string jid, SandboxAddress address)
    {
        if (SandboxPeople.PhoneOf(jid) is not { } phone)
        {
            return (jid, null);
        }

        return address switch
        {
            SandboxAddress.Both => (jid, SandboxPeople.Other(jid)),
            SandboxAddress.Phone => (SandboxPeople.Jid(phone), null),
            SandboxAddress.Hidden or SandboxAddress.HiddenThenKnown => (SandboxPeople.Lid(phone), null),
        };
    }

    private string? NameOf(string jid) => SandboxPeople.PhoneOf(jid) is { } phone ? SandboxPeople.Name(dice, phone) : null;
}
