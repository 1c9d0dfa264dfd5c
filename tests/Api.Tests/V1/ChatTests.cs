using System.Net;
using Loopwave.Chats;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests.V1;

public sealed class ChatTests
{
    [Fact]
    public async Task A_list_passes_its_filters_on()
    {
        await using var host = await ApiHost.Start();

        await host.ClientWith().GetAsync("/api/v1/chats?status=resolved&unread=true&number=n1&q=amina&limit=200");

        var asked = host.Deployment.LastAsked<ListedChats>();
        Assert.Equal(new ChatFilter(ChatStatus.Resolved, true, "n1", "amina"), asked.Filter);
        Assert.Equal(200, asked.Page.Limit);
    }

    [Theory]
    [InlineData("c_7k2m9q4x1d", "c_7k2m9q4x1d")]
    [InlineData("919812345678%40s.whatsapp.net", "919812345678@s.whatsapp.net")]
    [InlineData("919812345678@s.whatsapp.net", "919812345678@s.whatsapp.net")]
    [InlineData("%2B919812345678", "+919812345678")]
    public async Task A_chat_is_named_by_id_by_jid_or_by_digits(string path, string chat)
    {
        await using var host = await ApiHost.Start();

        var response = await host.ClientWith().GetAsync("/api/v1/chats/" + path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(new AskedChat(chat, null), host.Deployment.LastAsked<AskedChat>());
    }

    [Fact]
    public async Task A_number_decides_which_of_a_customer_s_chats_is_meant()
    {
        await using var host = await ApiHost.Start();
        var client = host.ClientWith();

        await client.GetAsync("/api/v1/chats/919812345678/messages?number=n2&limit=3");
        await client.PostAsync("/api/v1/chats/919812345678/read?number=n2", null);

        Assert.Equal(new ListedMessages("c_of_n2", new PageRequest(3)), host.Deployment.LastAsked<ListedMessages>());
        Assert.Equal(new AskedChat("c_of_n2", null), host.Deployment.LastAsked<AskedChat>());
    }

    [Fact]
    public async Task Without_a_number_the_path_is_passed_on_as_it_is()
    {
        await using var host = await ApiHost.Start();

        var page = await (await host.ClientWith().GetAsync("/api/v1/chats/c_1/messages")).Body();

        Assert.Equal("m_1", page.GetProperty("data")[0].GetProperty("id").GetString());
        Assert.Equal("c_1", host.Deployment.LastAsked<ListedMessages>().Chat);
    }

    [Fact]
    public async Task Every_field_of_a_chat_is_always_present()
    {
        await using var host = await ApiHost.Start();

        var text = await host.ClientWith().GetStringAsync("/api/v1/chats/c_1");

        Assert.Equal(
            """{"id":"c_of_any","chatId":"919812345678@s.whatsapp.net","number":"n1","type":"direct","name":null,"phone":null,"contact":null,"tags":[],"status":"open","assignee":null,"unreadCount":0,"lastMessage":null,"lastMessageAt":null,"resolvedAt":null,"createdAt":"2026-06-29T12:00:00.000Z","updatedAt":"2026-06-29T12:00:00.000Z","typing":null}""",
            text);
    }

    [Fact]
    public async Task A_chat_says_who_writes_in_it()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Typing = new Typing(PresenceState.Recording, [Samples.Jid], FakeDeployment.Noon);

        var chat = await (await host.ClientWith().GetAsync("/api/v1/chats/c_1")).Body();

        Assert.Equal(
            """{"state":"recording","jids":["919812345678@s.whatsapp.net"],"until":"2026-06-29T12:00:00.000Z"}""",
            chat.GetProperty("typing").GetRawText());
    }

    [Theory]
    [InlineData("composing", PresenceState.Composing)]
    [InlineData("recording", PresenceState.Recording)]
    [InlineData("paused", PresenceState.Paused)]
    public async Task That_we_write_is_passed_on_and_has_no_answer(string word, PresenceState state)
    {
        await using var host = await ApiHost.Start();

        var response = await host.ClientWith().PostJson("/api/v1/chats/919812345678/typing?number=n2", $$"""{"state":"{{word}}"}""");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(new ShownChat("c_of_n2", state), host.Deployment.LastAsked<ShownChat>());
    }

    [Theory]
    [InlineData("""{"state":"thinking"}""")]
    [InlineData("{}")]
    [InlineData("""{"state":0}""")]
    public async Task What_nobody_can_do_is_refused(string body)
    {
        await using var host = await ApiHost.Start();

        Assert.Equal("invalid_input", await (await host.ClientWith().PostJson("/api/v1/chats/c_1/typing", body)).ErrorCode());
    }

    [Fact]
    public async Task Writing_too_often_is_refused_for_as_long_as_it_takes()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Refusal = new Refusal(RefusalCode.RateLimited, "This is told too often.", TimeSpan.FromSeconds(3.2));

        var response = await host.ClientWith().PostJson("/api/v1/chats/c_1/typing", """{"state":"composing"}""");

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("4", response.Header("Retry-After"));
        Assert.Equal("rate_limited", await response.ErrorCode());
    }
}
