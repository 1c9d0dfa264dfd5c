using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Media;
using Loopwave.Messages;

namespace Loopwave.Testing.Api;

public sealed record AskedMessage(string Message, string What, MessageAuthor? Author);

public sealed record AskedChat(string Chat, string? Number);

public sealed record ListedMessages(string Chat, PageRequest Page);

public sealed record ListedChats(ChatFilter Filter, PageRequest Page, Access Access);

internal sealed class FakeMessages(FakeDeployment deployment, string silo) : IMessagesGrain
{
    public Task<bool> IsOpen() => Task.FromResult(true);

    public Task<WayView> Look() => Task.FromResult(new WayView(true, silo));

    public Task<Outcome<SendAnswer>> Send(SendRequest request) => deployment.Answer<SendAnswer>(request, () =>
        new SendAnswer(new SentMessage(MessageStatus.Sent, Samples.Jid, "n1a2b3c4d5e", NewId.Message(FakeDeployment.Noon)), deployment.Replays));

    public Task<Outcome<SendAnswer>> FetchAndSend(SendRequest request) => Send(request);

    public Task<Outcome<MessageDetails>> Get(string id, Access access) => deployment.Answer<MessageDetails>(new AskedMessage(id, "get", null), () =>
        new MessageDetails(Samples.Message(id), [new StatusChange(MessageStatus.Queued, FakeDeployment.Noon)]));

    public Task<Outcome<MessageView>> React(string id, string emoji, MessageAuthor author, Access access) => Now(id, emoji, author);

    public Task<Outcome<MessageView>> Edit(string id, string text, MessageAuthor author, Access access) => Now(id, text, author);

    public Task<Outcome<MessageView>> Delete(string id, MessageAuthor author, Access access) => Now(id, "delete", author);

    public Task<Outcome<Page<MessageView>>> List(string chat, PageRequest page, Access access) =>
        deployment.Answer<Page<MessageView>>(new ListedMessages(chat, page), () => new Page<MessageView>([Samples.Message("m_1")], null));

    private Task<Outcome<MessageView>> Now(string id, string what, MessageAuthor author) =>
        deployment.Answer<MessageView>(new AskedMessage(id, what, author), () => Samples.Message(id));
}

public sealed record ShownChat(string Chat, PresenceState State);

internal sealed class FakeChats(FakeDeployment deployment, string silo) : IChatsGrain
{
    public Task<bool> IsOpen() => Task.FromResult(true);

    public Task<WayView> Look() => Task.FromResult(new WayView(true, silo));

    public Task<Outcome<Page<ChatView>>> List(ChatFilter filter, PageRequest page, Access access) => deployment.Answer<Page<ChatView>>(
        new ListedChats(filter, page, access), () => new Page<ChatView>([Samples.Chat("c_1", "n1")], null));

    public Task<Outcome<ChatView>> Get(string chat, string? number, Access access) => deployment.Answer<ChatView>(
        new AskedChat(chat, number), () => Samples.Chat("c_of_" + (number ?? "any"), number ?? "n1"));

    public async Task<Outcome<ChatDetails>> GetDetails(string chat, string? number, Access access)
    {
        var found = await Get(chat, number, access);
        return found.Refusal is { } refusal ? refusal : new ChatDetails(found.Value!, deployment.Typing);
    }

    public Task<Outcome<PresenceState>> SetPresence(string chat, PresenceState state, Access access) =>
        deployment.Answer<PresenceState>(new ShownChat(chat, state), () => state);

    public Task<Outcome<ChatView>> MarkRead(string chat, Access access) =>
        deployment.Answer<ChatView>(new AskedChat(chat, null), () => Samples.Chat(chat, "n1"));
}

internal sealed class FakeMedia(FakeDeployment deployment, string silo) : IMediaGrain
{
    public Task<bool> IsOpen() => Task.FromResult(true);

    public Task<WayView> Look() => Task.FromResult(new WayView(true, silo));

    public Task<Outcome<MediaView>> Register(UploadedFile file) => deployment.Answer<MediaView>(file, () =>
    {
        var view = Samples.Media(NewId.Media(), file.MimeType, file.FileName) with { Size = file.Size };
        deployment.Files[view.Id] = new StoredFile(view, file.Hash);
        return view;
    });

    public Task<Outcome<StoredFile>> Open(string id, Access access) => deployment.Answer<StoredFile>(id, () =>
        deployment.Files.TryGetValue(id, out var file) ? file : new Refusal(RefusalCode.NotFound, "There is no such file."));

    public Task<Outcome<MediaView>> Import(string url, string? fileName) =>
        deployment.Answer<MediaView>(url, () => Samples.Media("f_imported", fileName: fileName));
}
