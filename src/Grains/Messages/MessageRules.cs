using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Media;

namespace Loopwave.Messages;

/// <summary>What may happen to a message once it exists. Pure; every change stamps <c>UpdatedAt</c>.</summary>
internal static class MessageRules
{
    public const int MostTextCharacters = 4096;

    public static Cause Expired { get; } = new("expired", "The message could not be sent in time and was given up.");

    /// <summary>What waits for a number that was unlinked can never be sent.</summary>
    public static Cause NumberRemoved { get; } = new("number_removed", "The number was unlinked before the message was sent.");

    /// <summary>Nobody wanted it to come from another account.</summary>
    public static Cause NumberReplaced { get; } =
        new("number_replaced", "Another phone took the number's place before the message was sent. Send it again if it may come from that one.");

    public static Cause Uncertain { get; } =
        new("uncertain", "WhatsApp never confirmed the message, although it was repeated under the same id. It may have arrived.");

    /// <summary>Moves the status forward; the same message when that would be backward or nowhere.</summary>
    public static MessageDocument Advance(this MessageDocument message, MessageStatus status, DateTimeOffset at, DateTimeOffset now)
    {
        // What was given up as uncertain and then turns out to have arrived tells the truth after all.
        var from = message.IsUncertain() ? MessageStatus.Queued : message.Status;
        if (Rank(status) <= Rank(from))
        {
            return message;
        }

        return message with
        {
            Status = status,
            Error = null,
            Timestamp = Rank(from) < Rank(MessageStatus.Sent) ? at : message.Timestamp,
            Timeline = [.. message.Timeline, new StatusChange(status, NotBefore(message.Timeline, at))],
            UpdatedAt = now,
        };
    }

    // The network tells whole seconds: what followed at once would seem to have come before.
    private static DateTimeOffset NotBefore(IReadOnlyList<StatusChange> timeline, DateTimeOffset at) =>
        timeline is [.., var last] && last.At - at is { Ticks: > 0 } early && early < TimeSpan.FromSeconds(1) ? last.At : at;

    /// <summary>It was given up without an answer. An edit of it that was given up says nothing about the message itself.</summary>
    public static bool IsUncertain(this MessageDocument message) =>
        message.Status is MessageStatus.Failed && message.Error?.Code == Uncertain.Code;

    /// <summary>What was to be done to it afterwards was not done. Whether it is out itself is as uncertain as before.</summary>
    public static MessageDocument FailChange(this MessageDocument message, Cause error, DateTimeOffset now) => message with
    {
        Error = message.IsUncertain() ? Uncertain with { Message = $"{Uncertain.Message} What was to be done to it failed: {error.Message}" } : error,
        UpdatedAt = now,
    };

    /// <summary>It failed or was taken back before it was on the wire: there is nothing that could be edited, reacted to or deleted.</summary>
    public static bool WasNeverSent(this MessageDocument message) =>
        message.FromMe && (message.Status is MessageStatus.Cancelled || (message.Status is MessageStatus.Failed && !message.IsUncertain()));

    public static MessageDocument Fail(this MessageDocument message, Cause error, DateTimeOffset now) =>
        Rank(message.Status) >= Rank(MessageStatus.Sent)
            ? message
            : message with
            {
                Status = MessageStatus.Failed,
                Error = error,
                Timeline = [.. message.Timeline, new StatusChange(MessageStatus.Failed, now)],
                UpdatedAt = now,
            };

    /// <summary>It cannot leave at the moment: why shows beside its status until it does.</summary>
    public static MessageDocument Wait(this MessageDocument message, Cause why, DateTimeOffset now) =>
        message.Status is MessageStatus.Queued or MessageStatus.Scheduled && message.Error != why
            ? message with { Error = why, UpdatedAt = now }
            : message;

    public static MessageDocument Cancel(this MessageDocument message, DateTimeOffset now) => message with
    {
        Status = MessageStatus.Cancelled,
        Error = null,
        Timeline = [.. message.Timeline, new StatusChange(MessageStatus.Cancelled, now)],
        UpdatedAt = now,
    };

    /// <summary>What could not be read when it came comes once more, and now it can.</summary>
    public static bool IsReadAtLast(MessageDocument message, InboundMessage again) =>
        message is { Type: MessageType.Unsupported, DeletedAt: null } && again.Type is not MessageType.Unsupported;

    /// <summary>Gives a message that could not be read what it says. An edit that came meanwhile is later than that.</summary>
    public static MessageDocument Fill(this MessageDocument message, InboundMessage content, string? media, string? replyTo, DateTimeOffset now) => message with
    {
        Type = content.Type,
        Text = message.EditedAt is null ? content.Text : message.Text,
        Media = media,
        Location = content.Location,
        Contacts = content.Contacts,
        Poll = content.Poll,
        ReplyTo = replyTo,
        Mentions = content.Mentions,
        UpdatedAt = now,
    };

    /// <summary>The last edit counts. One that came before changes nothing, whenever it arrives.</summary>
    public static MessageDocument Edit(this MessageDocument message, string text, DateTimeOffset at, DateTimeOffset now)
    {
        var known = message.EditedAt is { } before && (before == at ? message.Text == text : before > at && !message.FromMe);
        return known || message.DeletedAt is not null ? message : message with { Text = text, EditedAt = at, UpdatedAt = now };
    }

    /// <summary>Taken back: its content is gone from every answer.</summary>
    public static MessageDocument Revoke(this MessageDocument message, DateTimeOffset at, DateTimeOffset now) =>
        message.DeletedAt is null
            ? message with
            {
                Text = null, Media = null, Location = null, Contacts = [], Poll = null, Mentions = [], Reactions = [],
                DeletedAt = at, UpdatedAt = now,
            }
            : message;

    /// <summary>
    /// One reaction per person: a new one takes the place of the old, an empty one removes it. What is known already
    /// changes nothing.
    /// </summary>
    /// <param name="before">What this person reacted with until now.</param>
    public static MessageDocument React(this MessageDocument message, Reaction reaction, Reaction? before, DateTimeOffset now)
    {
        // Times of one person are of one clock; ours can be of two, this process's and the phone's.
        var known = before is null
            ? reaction.Emoji.Length == 0
            : (before.Emoji == reaction.Emoji && before.Timestamp == reaction.Timestamp) || (before.Timestamp > reaction.Timestamp && !reaction.FromMe);
        if (known || message.DeletedAt is not null)
        {
            return message;
        }

        var others = message.Reactions.Where(one => one != before);
        return message with
        {
            Reactions = reaction.Emoji.Length == 0 ? [.. others] : [.. others, reaction],
            UpdatedAt = now,
        };
    }

    /// <summary>Why the network refused a message, by the code in its acknowledgement.</summary>
    public static Cause Refused(int code) => code switch
    {
        463 => new("restricted", "WhatsApp does not let this number start new chats at the moment."),
        404 => new("not_on_whatsapp", "Nobody with this number is on WhatsApp."),
        479 => new("rejected", "WhatsApp rejected the message."),
        _ => new("rejected", $"WhatsApp rejected the message with code {code}."),
    };

    public static LastMessage Summary(this MessageDocument message) =>
        new(message.Id, message.Type, message.DeletedAt is null ? Shorten(message.Text) : null, message.FromMe, message.Status, message.Timestamp);

    public static MessageView View(this MessageDocument message, string chat, string jid, MediaDocument? media) => new()
    {
        Id = message.Id,
        Number = message.Number,
        Chat = chat,
        ChatId = jid,
        FromMe = message.FromMe,
        From = message.FromMe ? message.Number : jid,
        To = message.FromMe ? jid : message.Number,
        Author = message.Author,
        Type = message.Type,
        Text = message.Text,
        Media = message.Media is null ? null : media?.View(),
        Location = message.Location,
        Contacts = message.Contacts,
        Poll = message.Poll,
        ReplyTo = message.ReplyTo,
        Mentions = message.Mentions,
        Reactions = message.Reactions,
        EditedAt = message.EditedAt,
        DeletedAt = message.DeletedAt,
        Status = message.Status,
        Error = message.Error,
        Timestamp = message.Timestamp,
        SendAt = message.SendAt,
        ClientMessageId = message.ClientMessageId,
        UpdatedAt = message.UpdatedAt,
    };

    public static MediaView View(this MediaDocument media) => new()
    {
        Id = media.Id,
        MimeType = media.MimeType,
        FileName = media.FileName,
        Size = media.Size,
        DurationSeconds = media.DurationSeconds,
        State = media.State,
        Reason = media.Reason,
    };

    private static int Rank(MessageStatus status) => status switch
    {
        MessageStatus.Scheduled => 0,
        MessageStatus.Queued => 1,
        MessageStatus.Sent => 2,
        MessageStatus.Delivered => 3,
        MessageStatus.Read => 4,
        MessageStatus.Received or MessageStatus.Failed or MessageStatus.Cancelled => 5,
    };

    private static string? Shorten(string? text) => text?.Length > 200 ? text[..200] : text;
}
