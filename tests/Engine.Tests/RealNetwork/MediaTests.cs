using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>Files over the real protocol: encrypted, uploaded, downloaded and compared byte for byte.</summary>
public sealed class MediaTests(Deployment deployment) : IClassFixture<Deployment>, IAsyncLifetime
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 100_000).Select(n => (byte)(n * 31))];

    private string _number = "";
    private string _phone = "";
    private string _person = "";

    public async ValueTask InitializeAsync()
    {
        (_number, _phone) = await deployment.LinkedNumber();
        _person = await deployment.Person();
    }

    public async ValueTask DisposeAsync() => Assert.Empty(await deployment.WhatsApp.Problems());

    [Theory]
    [InlineData("image/jpeg", null, "imageMessage", "Our shop")]
    [InlineData("video/mp4", null, "videoMessage", "Our street")]
    [InlineData("audio/mpeg", null, "audioMessage", null)]
    [InlineData("audio/ogg; codecs=opus", "voice", "audioMessage", null)]
    [InlineData("application/pdf", null, "documentMessage", "Our prices")]
    [InlineData("image/webp", "sticker", "stickerMessage", null)]
    public async Task A_file_that_is_sent_reaches_the_person_as_it_was(string mimeType, string? type, string kind, string? text)
    {
        var media = await deployment.Upload(Content, mimeType);

        var sent = Deployment.Text((await deployment.Post("/api/v1/messages", new { from = _number, to = _person, text, media = new { id = media, type } }))["id"]);

        await deployment.MessageIs(sent, "delivered");
        var arrived = (await deployment.Inbox(_person, inbox => inbox.Count == 1))[0]!;
        Assert.Equal(kind, Deployment.Text(arrived["kind"]));
        var said = arrived["message"]![kind]!;
        Assert.Equal((text, mimeType), (said["caption"]?.GetValue<string>(), Deployment.Text(said["mimetype"])));
        Assert.Equal(kind is "documentMessage" ? "file.bin" : null, said["fileName"]?.GetValue<string>());
        Assert.Equal(type is "voice", said["ptt"]?.GetValue<bool>() ?? false);
        Assert.Equal(Content, await deployment.WhatsApp.File(_person, Deployment.Text(arrived["id"])));
    }

    [Fact]
    public async Task A_file_that_the_network_did_not_say_where_to_send_to_at_first_leaves_on_the_same_connection()
    {
        var since = Deployment.Text((await deployment.Ready(_number))["since"]);
        await deployment.WhatsApp.Fault(new { kind = "query-error", phone = _phone, query = "set w:m media_conn", code = 503, count = 1 });
        var media = await deployment.Upload(Content, "image/jpeg");

        var sent = Deployment.Text((await deployment.Post("/api/v1/messages", new { from = _number, to = _person, media = new { id = media } }))["id"]);

        await deployment.MessageIs(sent, "delivered");
        var arrived = (await deployment.Inbox(_person, inbox => inbox.Count == 1))[0]!;
        Assert.Equal(Content, await deployment.WhatsApp.File(_person, Deployment.Text(arrived["id"])));
        Assert.Equal(since, Deployment.Text((await deployment.Ready(_number))["since"]));
    }

    [Theory]
    [InlineData("image", "image/jpeg", "image", "A picture", null, null)]
    [InlineData("video", "video/mp4", "video", "A film of us", null, 3)]
    [InlineData("audio", "audio/ogg; codecs=opus", "voice", null, null, 3)]
    [InlineData("audio", "audio/mpeg", "audio", null, null, 3)]
    [InlineData("document", "application/pdf", "document", "A letter", "a file.bin", null)]
    [InlineData("sticker", "image/webp", "sticker", null, null, null)]
    public async Task A_file_that_a_person_sends_is_shown_with_all_that_is_said_of_it_and_fetched_when_it_is_wanted(
        string kind, string mimetype, string type, string? caption, string? fileName, int? seconds)
    {
        await deployment.WhatsApp.OnPhone(
            _person, "send-file", new { to = _phone, kind, mimetype, base64 = Convert.ToBase64String(Content), fileName, caption, isVoice = type == "voice", seconds });

        var arrived = await deployment.Shown(_person, message => message["media"] is not null);
        var media = arrived["media"]!;
        Assert.Equal((type, "none"), (Deployment.Text(arrived["type"]), Deployment.Text(media["state"])));
        Assert.Equal((caption, fileName, seconds), (arrived["text"]?.GetValue<string>(), media["fileName"]?.GetValue<string>(), media["durationSeconds"]?.GetValue<int>()));
        Assert.Equal((mimetype, Content.Length), (Deployment.Text(media["mimeType"]), media["size"]!.GetValue<int>()));
        Assert.Equal(Content, await deployment.Api.GetByteArrayAsync(Deployment.Text(arrived["media"]!["url"])));
    }

    [Theory]
    [InlineData("image", "image/jpeg", "imageMessage", null)]
    [InlineData("document", "application/pdf", "documentMessage", "menu.pdf")]
    public async Task A_reply_to_a_file_without_words_quotes_it_as_what_it_is(string kind, string mimetype, string quoted, string? fileName)
    {
        await deployment.WhatsApp.OnPhone(_person, "send-file", new { to = _phone, kind, mimetype, base64 = Convert.ToBase64String(Content), fileName });
        var arrived = await deployment.Shown(_person, message => message["media"] is not null);

        await deployment.Post("/api/v1/messages", new { to = Deployment.Text(arrived["chat"]), text = "Thank you.", replyTo = Deployment.Text(arrived["id"]) });

        var answer = (await deployment.Inbox(_person, inbox => inbox.Count == 1))[0]!;
        var file = answer["message"]!["extendedTextMessage"]!["contextInfo"]!["quotedMessage"]![quoted];
        Assert.NotNull(file);
        Assert.Equal(fileName, file["fileName"]?.GetValue<string>());
    }
}
