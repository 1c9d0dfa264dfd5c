using System.Net;
using Loopwave.ApiKeys;
using Loopwave.Team;
using Loopwave.Testing;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests;

/// <summary>The way of a newcomer over the real grains and the real storage; only the network is a fake.</summary>
public sealed class OverRealGrainsTests
{
    [Fact]
    public async Task From_the_set_up_link_to_a_first_message_that_is_sent_once()
    {
        await using var cluster = await LoopwaveCluster.Start(services => services.AddApiKeys().AddTeam());
        await using var host = await ApiHost.Start(grains: cluster.Grains);
        var token = await cluster.Grains.GetGrain<ITeamGrain>(0).Prepare(null, null);

        // The first admin and the first key.
        var admin = host.Client();
        var setUp = await admin.PostJson("/api/app/set-up", $$"""{"token":"{{token}}","email":"dana@example.com","password":"a quiet river"}""");
        Assert.Equal(HttpStatusCode.Created, setUp.StatusCode);
        admin.DefaultRequestHeaders.Add("Cookie", setUp.Header("Set-Cookie").Split(';')[0]);
        admin.DefaultRequestHeaders.Add("X-Loopwave", "1");
        var key = (await (await admin.PostJson("/api/app/api-keys", """{"name":"Shop"}""")).Body()).GetProperty("key").GetString()!;
        var client = host.ClientWithKey(key);

        // Nobody can send yet.
        Assert.Equal("no_ready_session", await (await client.PostJson("/api/v1/messages", """{"to":"919812345678","text":"Hi"}""")).ErrorCode());
        Assert.Equal("unknown_number", await (await client.PostJson("/api/v1/messages", """{"to":"919812345678","text":"Hi","from":"n000000000"}""")).ErrorCode());
        Assert.Equal("invalid_input", await (await client.PostJson("/api/v1/messages", """{"to":"nobody","text":"Hi"}""")).ErrorCode());

        // A number, and a message that is accepted once however often it is asked for.
        var number = await cluster.ReadyNumber();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "order-1");
        var first = await client.PostJson("/api/v1/messages", """{"to":"+91 98123-45678","text":"Hi"}""");
        var again = await client.PostJson("/api/v1/messages", """{"text":"Hi","to":"+91 98123-45678"}""");
        var other = await client.PostJson("/api/v1/messages", """{"to":"+91 98123-45678","text":"Hello"}""");

        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        var sent = await first.Body();
        Assert.Equal(("sent", Samples.Jid, number),
            (sent.GetProperty("status").GetString(), sent.GetProperty("to").GetString(), sent.GetProperty("from").GetString()));
        Assert.Equal(sent.GetRawText(), await again.Content.ReadAsStringAsync());
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal("idempotency_mismatch", await other.ErrorCode());

        // It is found by its address, and its chat by id, by jid and by digits.
        var message = await (await client.GetAsync(first.Header("Location"))).Body();
        Assert.Equal("api", message.GetProperty("author").GetProperty("type").GetString());
        foreach (var chat in new[] { message.GetProperty("chat").GetString()!, "919812345678%40s.whatsapp.net", "919812345678" })
        {
            var page = await (await client.GetAsync($"/api/v1/chats/{chat}/messages")).Body();
            Assert.Equal(sent.GetProperty("id").GetString(), page.GetProperty("data")[0].GetProperty("id").GetString());
        }

        Assert.Equal("invalid_cursor", await (await client.GetAsync("/api/v1/chats?cursor=made-up")).ErrorCode());
        var shown = await (await client.GetAsync($"/api/v1/numbers/{number}")).Body();
        Assert.Equal("ready", shown.GetProperty("status").GetString());
        Assert.NotEmpty(shown.GetProperty("timeline").EnumerateArray());
    }

    [Fact]
    public async Task A_test_key_sees_and_touches_no_real_number()
    {
        await using var cluster = await LoopwaveCluster.Start(services => services.AddApiKeys());
        await using var host = await ApiHost.Start(grains: cluster.Grains);
        var number = await cluster.ReadyNumber();
        var created = await cluster.Grains.GetGrain<IApiKeysGrain>(0).Create(new NewApiKey("Tests", null, Test: true, "u_1"));
        var client = host.ClientWithKey(created.Value!.Key);

        Assert.Empty((await (await client.GetAsync("/api/v1/numbers")).Body()).GetProperty("data").EnumerateArray());
        foreach (var (method, route, body) in new[]
        {
            ("GET", $"/numbers/{number}", null), ("DELETE", $"/numbers/{number}", null), ("POST", $"/numbers/{number}/reconnect", null),
            ("POST", "/messages", $$"""{"to":"919812345678","text":"Hi","from":"{{number}}"}"""),
        })
        {
            var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/api/v1" + route)
            {
                Content = body is null ? null : Http.Json(body),
            });
            Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden, $"{route}: {response.StatusCode}");
        }

        var real = await client.PostJson("/api/v1/numbers", """{"label":"Real","engine":"whatsapp"}""");
        Assert.Equal(HttpStatusCode.Forbidden, real.StatusCode);
    }
}
