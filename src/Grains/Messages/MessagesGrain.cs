using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Media;
using Loopwave.Numbers;
using Orleans.Concurrency;

namespace Loopwave.Messages;

/// <summary>Finds the number that a request about messages is for, and asks it. Keeps nothing.</summary>
[StatelessWorker, Reentrant]
internal sealed class MessagesGrain(
    INumberStore numbers,
    IMessageStore messages,
    IChatStore chats,
    IMediaStore media,
    ChatFinder finder,
    NumberEngines engines,
    SiloLease lease,
    NumberReach reach,
    TimeProvider clock) : NumberWayGrain(lease, reach), IMessagesGrain
{
    public Task<Outcome<SendAnswer>> FetchAndSend(SendRequest request) => Send(request);

    public async Task<Outcome<SendAnswer>> Send(SendRequest request)
    {
        var keys = Keys(request);
        if (await SentBefore(keys) is { } sent)
        {
            // A repeat goes to the number that took the first one, whichever is first ready by now.
            return await Forward(sent.Number, new NumberSend
            {
                Jid = "", Type = sent.Type, Author = request.Author, Idempotency = keys, SendAt = request.SendAt, QueueWhenOffline = request.QueueWhenOffline,
            }, replayed: true);
        }

        var file = await File(request);
        if (SendCheck.Refuse(request, file, clock.GetUtcNow()) is { } refusal)
        {
            return refusal;
        }

        if (file is { State: not MediaState.Ready })
        {
            return NotHere();
        }

        var route = await FindRoute(request);
        return route.Value is { } found
            ? await Send(request, found, file, keys)
            : route.Refusal!;
    }

    public async Task<Outcome<MessageDetails>> Get(string id, Access access)
    {
        if (await Allowed(id, access) is not { } message)
        {
            return NotFound();
        }

        return new MessageDetails(await View(message), message.Timeline);
    }

    public async Task<Outcome<MessageView>> React(string id, string emoji, MessageAuthor author, Access access) =>
        emoji.Length > 32
            ? new Refusal(RefusalCode.InvalidInput, "A reaction is one emoji, or empty to take it back.")
            : await Allowed(id, access) is { } message ? await PassOn(message.Number, () => Number(message.Number).React(id, emoji, author)) : NotFound();

    public async Task<Outcome<MessageView>> Edit(string id, string text, MessageAuthor author, Access access) =>
        text.Trim().Length is 0 or > MessageRules.MostTextCharacters
            ? new Refusal(RefusalCode.InvalidInput, $"text needs 1 to {MessageRules.MostTextCharacters} characters.")
            : await Allowed(id, access) is { } message ? await PassOn(message.Number, () => Number(message.Number).Edit(id, text.Trim(), author)) : NotFound();

    public async Task<Outcome<MessageView>> Delete(string id, MessageAuthor author, Access access) =>
        await Allowed(id, access) is { } message ? await PassOn(message.Number, () => Number(message.Number).Delete(id, author)) : NotFound();

    public async Task<Outcome<Page<MessageView>>> List(string chat, PageRequest page, Access access)
    {
        if (await finder.Find(chat, null, access) is not { } stored)
        {
            return new Refusal(RefusalCode.NotFound, "There is no such chat.");
        }

        try
        {
            var found = await messages.List(await chats.WithMerged(stored.Id), page);
            var files = await media.Get([.. found.Data.Select(message => message.Media).OfType<string>().Distinct()]);
            return new Page<MessageView>(
                [.. found.Data.Select(message => message.View(stored.Id, stored.Jid, message.Media is { } file ? files.GetValueOrDefault(file) : null))],
                found.NextCursor);
        }
        catch (InvalidCursorException exception)
        {
            return new Refusal(RefusalCode.InvalidCursor, exception.Message);
        }
    }

    private async Task<Outcome<SendAnswer>> Send(SendRequest request, Route route, MediaDocument? file, IReadOnlyList<IdempotencyKey> keys)
    {
        var send = new NumberSend
        {
            Jid = route.Jid,
            Type = SendCheck.TypeOf(request, file?.MimeType),
            Text = request.Text?.Trim() is { Length: > 0 } text ? text : null,
            Media = file?.Id,
            ReplyTo = request.ReplyTo,
            Mentions = request.Mentions,
            Location = request.Location,
            QueueWhenOffline = request.QueueWhenOffline,
            SendAt = request.SendAt,
            ClientMessageId = request.ClientMessageId,
            Author = request.Author,
            Idempotency = keys,
        };
        if (NeedsFileOfItsOwn(request, file))
        {
            // Nothing is fetched and kept for a message that the number would refuse.
            if ((await Reach.Refuse(route.From) ?? await Number(route.From).CheckSend(send)) is { } refusal)
            {
                return refusal;
            }

            var own = await FileOfItsOwn(request, file);
            if (own.Value is not { } media)
            {
                return own.Refusal!;
            }

            send = send with { Media = media.Id, Type = SendCheck.TypeOf(request, media.MimeType) };
        }

        return await Forward(route.From, send, replayed: false);
    }

    private async Task<Outcome<Route>> FindRoute(SendRequest request) => Recipient.Parse(request.To) switch
    {
        Recipient.Chat chat => await RouteTo(request, chat),
        Recipient.Address address => await RouteTo(request, address.Jid),
        Recipient.Phone phone => await RouteTo(request, phone.Jid),
        null => new Refusal(RefusalCode.InvalidInput, "to must be digits with country code, a WhatsApp jid or a chat id."),
        var unknown => throw new InvalidOperationException($"Unknown recipient {unknown}."),
    };

    private async Task<Outcome<Route>> RouteTo(SendRequest request, Recipient.Chat chat)
    {
        if (await finder.Find(chat.Id, null, request.Access) is not { } stored)
        {
            return new Refusal(RefusalCode.NotFound, "There is no chat with this id.");
        }

        return request.From is { } from && from != stored.Number
            ? new Refusal(RefusalCode.InvalidInput, "This chat belongs to another number than from.")
            : await RouteTo(request with { From = stored.Number }, stored.Jid);
    }

    private async Task<Outcome<Route>> RouteTo(SendRequest request, string jid)
    {
        var from = request.From ?? await numbers.FirstReady(request.Access);
        if (from is null)
        {
            return new Refusal(RefusalCode.NoReadySession, "No number is ready to send.");
        }

        if (await engines.Of(from) is not { } engine)
        {
            return new Refusal(RefusalCode.UnknownNumber, "There is no number with this id.");
        }

        return request.Access.Allows(from, engine)
            ? new Route(from, jid)
            : new Refusal(RefusalCode.NumberNotAllowed, "This key may not use this number.");
    }

    private async Task<Outcome<SendAnswer>> Forward(string number, NumberSend send, bool replayed)
    {
        var answer = await PassOn(number, () => Number(number).Send(send));
        return answer.Value is { } sent ? new SendAnswer(sent, replayed) : answer.Refusal!;
    }

    // What came from WhatsApp can be removed to make room, long before the message goes. Its own file shares the content and keeps it.
    private static bool NeedsFileOfItsOwn(SendRequest request, MediaDocument? file) =>
        request.MediaUrl is not null || file?.Number is not null || (request.FileName is { } name && file is not null && name != file.FileName);

    private async Task<Outcome<MediaView>> FileOfItsOwn(SendRequest request, MediaDocument? file)
    {
        var media = GrainFactory.GetGrain<IMediaGrain>(0);
        if (request.MediaUrl is { } url)
        {
            return await media.Import(url, request.FileName);
        }

        var own = new UploadedFile(file!.Hash!, file.Size ?? 0, file.MimeType, request.FileName ?? file.FileName, file.DurationSeconds);
        return await media.Register(own) is { Value: { } kept } ? kept : NotHere();
    }

    // The file of a number that the caller may not use is as unknown as one that is not there.
    private async Task<MediaDocument?> File(SendRequest request)
    {
        var file = request.Media is { } id ? (await media.Get([id])).GetValueOrDefault(id) : null;
        return file?.Number is not { } number || (await engines.Of(number) is { } engine && request.Access.Allows(number, engine)) ? file : null;
    }

    private async Task<MessageDocument?> SentBefore(IReadOnlyList<IdempotencyKey> keys)
    {
        foreach (var key in keys)
        {
            if (await numbers.FindIdempotent(key.Scope, key.Key) is { } before && await messages.Get(before.Result) is { } sent)
            {
                return sent;
            }
        }

        return null;
    }

    // The caller's own message id protects in the same way as the header, for callers who cannot set headers.
    private static List<IdempotencyKey> Keys(SendRequest request)
    {
        var keys = new List<IdempotencyKey>();
        if (request.Idempotency is { } header)
        {
            keys.Add(header);
        }

        if (request.ClientMessageId is { } client)
        {
            keys.Add(new IdempotencyKey($"client:{request.Author.Id}", client, request.BodyHash));
        }

        return keys;
    }

    private async Task<MessageDocument?> Allowed(string id, Access access) =>
        await messages.Get(id) is { } message && await engines.Of(message.Number) is { } engine && access.Allows(message.Number, engine)
            ? message
            : null;

    private async Task<MessageView> View(MessageDocument message)
    {
        var chat = await chats.Get(message.Chat);
        var files = message.Media is { } file ? await media.Get([file]) : null;
        return message.View(chat?.Id ?? message.Chat, chat?.Jid ?? "", message.Media is null ? null : files!.GetValueOrDefault(message.Media));
    }

    private INumberGrain Number(string id) => GrainFactory.GetGrain<INumberGrain>(id);

    private static Refusal NotHere() => new(RefusalCode.MediaUnavailable, "The file is not here. Read it first: GET /api/v1/media/{id}.");

    private static Refusal NotFound() => new(RefusalCode.NotFound, "There is no message with this id.");

    /// <summary>The number that sends, and the WhatsApp chat id it sends to.</summary>
    private sealed record Route(string From, string Jid);
}
