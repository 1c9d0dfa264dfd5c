using Loopwave.Chats;
using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Testing.Api;

/// <summary>Plausible objects of the public shapes.</summary>
public static class Samples
{
    public const string Jid = "919812345678@s.whatsapp.net";

    public static NumberView Number(EngineKind engine) => new()
    {
        Id = NewId.Number(),
        Label = "Support",
        Engine = engine,
        Phone = "919800000001",
        PushName = "Acme Support",
        Status = NumberStatus.Ready,
        Since = FakeDeployment.Noon,
        CreatedAt = FakeDeployment.Noon,
        UpdatedAt = FakeDeployment.Noon,
    };

    public static ChatView Chat(string id, string number) => new()
    {
        Id = id,
        ChatId = Jid,
        Number = number,
        Type = ChatType.Direct,
        Status = ChatStatus.Open,
        CreatedAt = FakeDeployment.Noon,
        UpdatedAt = FakeDeployment.Noon,
    };

    public static MessageView Message(string id) => new()
    {
        Id = id,
        Number = "n1a2b3c4d5e",
        Chat = "c_7k2m9q4x1d",
        ChatId = Jid,
        FromMe = true,
        From = "n1a2b3c4d5e",
        To = Jid,
        Author = new MessageAuthor(AuthorType.Api, "k1", "Key"),
        Type = MessageType.Text,
        Text = "Hi",
        Status = MessageStatus.Sent,
        Timestamp = FakeDeployment.Noon,
        UpdatedAt = FakeDeployment.Noon,
    };

    public static MediaView Media(string id, string mimeType = "image/png", string? fileName = null) => new()
    {
        Id = id,
        MimeType = mimeType,
        FileName = fileName,
        State = MediaState.Ready,
    };
}
