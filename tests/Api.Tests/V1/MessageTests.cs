using System.Net;
using Loopwave.Messages;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests.V1;

public sealed class MessageTests
{
    private const string Route = "/api/v1/messages";

    [Fact]
    public async Task A_send_answers_202_with_the_documented_fields_and_the_message_s_address()
    {
        await using var host = await ApiHost.Start();

        var response = await host.ClientWith("messages:write").PostJson(Route, """{"to":"919812345678","text":"Hi! Thanks for reaching out."}""");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var sent = await response.Body();
        Assert.Equal("sent", sent.GetProperty("status").GetString());
        Assert.Equal(Samples.Jid, sent.GetProperty("to").GetString());
        Assert.Equal("n1a2b3c4d5e", sent.GetProperty("from").GetString());
        Assert.Equal($"{Route}/{sent.GetProperty("id").GetString()}", response.Header("Location"));
        Assert.Equal("", response.Header("Idempotency-Replayed"));
    }

    [Fact]
    public async Task Every_field_of_a_send_is_passed_on()
    {
        await using var host = await ApiHost.Start();

        await host.ClientWith().PostJson(Route,
            """
            {"to":"c_7k2m9q4x1d","text":"Look","from":"n1a2b3c4d5e","media":{"id":"f_1","type":"voice","fileName":"a.ogg"},
             "replyTo":"m_1","mentions":["919812345678@s.whatsapp.net"],"location":{"latitude":12.5,"longitude":-3,"name":"Here"},
             "whenOffline":"queue","sendAt":"2026-06-29T10:15:00.000Z","clientMessageId":"mine-1"}
            """);

        var asked = host.Deployment.LastAsked<SendRequest>();
        Assert.Equal(("c_7k2m9q4x1d", "Look", "n1a2b3c4d5e"), (asked.To, asked.Text, asked.From));
        Assert.Equal(("f_1", MessageType.Voice, "a.ogg"), (asked.Media, asked.MediaType, asked.FileName));
        Assert.Equal(("m_1", Samples.Jid, "mine-1"), (asked.ReplyTo, asked.Mentions.Single(), asked.ClientMessageId));
        Assert.Equal(new Location(12.5, -3, "Here"), asked.Location);
        Assert.True(asked.QueueWhenOffline);
        Assert.Equal(new DateTimeOffset(2026, 6, 29, 10, 15, 0, TimeSpan.Zero), asked.SendAt);
        Assert.Equal(new MessageAuthor(AuthorType.Api, host.Deployment.Keys.Single().Key, "A key"), asked.Author);
        Assert.Equal(64, asked.BodyHash.Length);
        Assert.Null(asked.Idempotency);
    }

    [Fact]
    public async Task A_signed_in_admin_sends_as_a_member()
    {
        await using var host = await ApiHost.Start();

        await host.AdminClient().PostJson(Route, """{"to":"919812345678","text":"Hi"}""");

        var member = host.Deployment.Sessions.Values.Single();
        Assert.Equal(new MessageAuthor(AuthorType.Member, member.Id, "Dana"), host.Deployment.LastAsked<SendRequest>().Author);
    }

    [Fact]
    public async Task A_repeated_send_says_that_it_is_one()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Replays = true;
        var client = host.ClientWith();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "order-1");

        var response = await client.PostJson(Route, """{"to":"919812345678","text":"Hi"}""");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("true", response.Header("Idempotency-Replayed"));
        Assert.Equal("order-1", host.Deployment.LastAsked<SendRequest>().Idempotency!.Key);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("two words")]
    [InlineData("umläut")]
    [InlineData("256")]
    public async Task A_malformed_idempotency_key_is_refused_on_every_post(string key)
    {
        await using var host = await ApiHost.Start();
        var number = host.Deployment.AddNumber();
        foreach (var (route, body) in new[]
        {
            (Route, """{"to":"919812345678","text":"Hi"}"""), ($"/api/v1/numbers/{number.Id}/link", """{"method":"qr"}"""),
            ("/api/v1/chats/c_1/read", "{}"),
        })
        {
            var request = new HttpRequestMessage(HttpMethod.Post, route) { Content = Http.Json(body) };
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key == "256" ? new string('x', 256) : key);

            var response = await host.ClientWith().SendAsync(request);

            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Equal("invalid_input", await response.ErrorCode());
        }

        Assert.Empty(host.Deployment.Asked);
    }

    [Theory]
    [InlineData("!")]
    [InlineData("255")]
    [InlineData("\"a\\\"b\"", "a\"b")]
    public async Task An_idempotency_key_may_be_any_visible_ascii_quoted_or_not(string key, string? read = null)
    {
        await using var host = await ApiHost.Start();
        var text = key == "255" ? new string('x', 255) : key;
        var client = host.ClientWith();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Idempotency-Key", text);

        await client.PostJson(Route, """{"to":"919812345678","text":"Hi"}""");

        Assert.Equal(read ?? text, host.Deployment.LastAsked<SendRequest>().Idempotency!.Key);
    }

    [Fact]
    public async Task A_file_by_address_is_fetched_by_the_deployment()
    {
        await using var host = await ApiHost.Start();

        await host.ClientWith().PostJson(Route, """{"to":"919812345678","media":{"url":"https://example.com/a.png"}}""");

        Assert.Equal("https://example.com/a.png", host.Deployment.LastAsked<SendRequest>().MediaUrl);
    }

    [Theory]
    [InlineData("""{"to":"91","media":{}}""")]
    [InlineData("""{"to":"91","media":{"id":"f_1","url":"https://example.com/a.png"}}""")]
    public async Task A_file_is_named_in_exactly_one_way(string body)
    {
        await using var host = await ApiHost.Start();

        var response = await host.ClientWith().PostJson(Route, body);

        Assert.Equal("invalid_input", await response.ErrorCode());
        Assert.Empty(host.Deployment.Asked);
    }

    [Fact]
    public async Task A_message_is_shown_with_its_timeline_in_one_object()
    {
        await using var host = await ApiHost.Start();

        var message = await (await host.ClientWith("messages:read").GetAsync($"{Route}/m_1")).Body();

        Assert.Equal("m_1", message.GetProperty("id").GetString());
        Assert.Equal("queued", message.GetProperty("timeline")[0].GetProperty("status").GetString());
        Assert.False(message.TryGetProperty("message", out _));
    }

    [Fact]
    public async Task Reactions_edits_and_deletions_reach_the_message_with_their_author()
    {
        await using var host = await ApiHost.Start();
        var client = host.ClientWith();
        var author = new MessageAuthor(AuthorType.Api, host.Deployment.Keys.Single().Key, "A key");

        await client.PostJson($"{Route}/m_1/reactions", """{"emoji":"👍"}""");
        await client.PatchAsync($"{Route}/m_2", Http.Json("""{"text":"Better"}"""));
        var deleted = await client.DeleteAsync($"{Route}/m_3");

        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(
            [new AskedMessage("m_1", "👍", author), new AskedMessage("m_2", "Better", author), new AskedMessage("m_3", "delete", author)],
            host.Deployment.Asked.OfType<AskedMessage>());
    }
}
