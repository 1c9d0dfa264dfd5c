using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
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
    [InlineData("image/jpeg", null, "imageMessage")]
    [InlineData("video/mp4", null, "videoMessage")]
    [InlineData("audio/mpeg", null, "audioMessage")]
    [InlineData("audio/ogg; codecs=opus", "voice", "audioMessage")]
    [InlineData("application/pdf", null, "documentMessage")]
    [InlineData("image/webp", "sticker", "stickerMessage")]
    public async Task A_file_that_is_sent_reaches_the_person_as_it_was(string mimeType, string? type, string kind)
    {
        var media = await Upload(mimeType);

        var sent = Deployment.Text((await deployment.Post("/api/v1/messages", new { from = _number, to = _person, media = new { id = media, type } }))["id"]);

        await deployment.MessageIs(sent, "delivered");
        var arrived = (await deployment.Inbox(_person, inbox => inbox.Count == 1))[0]!;
        Assert.Equal(kind, Deployment.Text(arrived["kind"]));
        Assert.Equal(Content, await deployment.WhatsApp.File(_person, Deployment.Text(arrived["id"])));
    }

    [Theory]
    [InlineData("image", "image/jpeg", "image")]
    [InlineData("video", "video/mp4", "video")]
    [InlineData("audio", "audio/ogg; codecs=opus", "voice")]
    [InlineData("audio", "audio/mpeg", "audio")]
    [InlineData("document", "application/pdf", "document")]
    [InlineData("sticker", "image/webp", "sticker")]
    public async Task A_file_that_a_person_sends_is_fetched_when_it_is_wanted(string kind, string mimetype, string type)
    {
        await deployment.WhatsApp.OnPhone(
            _person, "send-file", new { to = _phone, kind, mimetype, base64 = Convert.ToBase64String(Content), fileName = "a file.bin", isVoice = type == "voice", seconds = 3 });

        var arrived = await deployment.Shown(_person, message => message["media"] is not null);
        Assert.Equal((type, "none"), (Deployment.Text(arrived["type"]), Deployment.Text(arrived["media"]!["state"])));
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

    private async Task<string> Upload(string mimeType)
    {
        using var content = new ByteArrayContent(Content);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(mimeType);
        using var answer = await deployment.Api.PostAsync("/api/v1/media?fileName=file.bin", content);
        answer.EnsureSuccessStatusCode();
        return Deployment.Text((await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]);
    }
}
