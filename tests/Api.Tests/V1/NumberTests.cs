using System.Net;
using System.Text;
using Loopwave.Numbers;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests.V1;

public sealed class NumberTests
{
    [Fact]
    public async Task A_number_is_created_with_its_address()
    {
        await using var host = await ApiHost.Start();

        var response = await host.ClientWith().PostJson("/api/v1/numbers", """{"label":"Support","engine":"whatsapp"}""");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var number = await response.Body();
        Assert.Equal("whatsapp", number.GetProperty("engine").GetString());
        Assert.Equal($"/api/v1/numbers/{number.GetProperty("id").GetString()}", response.Header("Location"));
        Assert.Equal(EngineKind.WhatsApp, host.Deployment.LastAsked<NewNumber>().Engine);
    }

    [Fact]
    public async Task A_number_is_created_with_its_proxy()
    {
        await using var host = await ApiHost.Start();

        await host.ClientWith().PostJson("/api/v1/numbers", """{"label":"Support","engine":"whatsapp","proxy":"socks5://proxy.example.com"}""");

        Assert.Equal(new ProxyUpdate("socks5://proxy.example.com"), host.Deployment.LastAsked<NewNumber>().Proxy);
    }

    [Theory]
    [InlineData("""{"proxyUpdate":{"url":"http://proxy.example.com"}}""")]
    [InlineData("""{"proxy":7}""")]
    public async Task What_is_no_text_of_a_proxy_is_refused(string body)
    {
        await using var host = await ApiHost.Start();
        var number = host.Deployment.AddNumber();

        var response = await host.ClientWith().PatchAsync($"/api/v1/numbers/{number.Id}", Http.Json(body));

        Assert.Equal("invalid_input", await response.ErrorCode());
        Assert.Empty(host.Deployment.Asked);
    }

    [Fact]
    public async Task Creating_passes_the_idempotency_key_with_its_caller_and_route()
    {
        await using var host = await ApiHost.Start();
        var client = host.ClientWith();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "\"order-1\"");

        await client.PostJson("/api/v1/numbers", """{"label":"Support","engine":"sandbox"}""");
        var first = host.Deployment.LastAsked<NewNumber>().Idempotency!;
        await client.PostJson("/api/v1/numbers", """{ "engine": "sandbox", "label": "Support" }""");
        var same = host.Deployment.LastAsked<NewNumber>().Idempotency!;
        await client.PostJson("/api/v1/numbers", """{"label":"Sales","engine":"sandbox"}""");
        var other = host.Deployment.LastAsked<NewNumber>().Idempotency!;

        Assert.Equal("order-1", first.Key);
        Assert.Equal($"{host.Deployment.Keys.Single().Key} POST /api/v1/numbers", first.Scope);
        Assert.Equal(first, same);
        Assert.NotEqual(first.BodyHash, other.BodyHash);
    }

    [Fact]
    public async Task A_number_is_shown_with_every_field_and_its_timeline_in_one_object()
    {
        await using var host = await ApiHost.Start();
        var number = host.Deployment.AddNumber();

        var text = await host.ClientWith().GetStringAsync($"/api/v1/numbers/{number.Id}");

        Assert.Equal(
            $$"""{"id":"{{number.Id}}","label":"Support","engine":"sandbox","phone":"919800000001","pushName":"Acme Support","status":"ready","detail":null,"reason":null,"since":"2026-06-29T12:00:00.000Z","until":null,"attempt":0,"nextAttemptAt":null,"tags":[],"proxy":null,"removedAt":null,"counters":{"receivedToday":0,"sentToday":0,"queued":0},"history":{"state":"none","percent":null},"createdAt":"2026-06-29T12:00:00.000Z","updatedAt":"2026-06-29T12:00:00.000Z","timeline":[{"status":"ready","detail":null,"reason":null,"at":"2026-06-29T12:00:00.000Z"}]}""",
            text);
    }

    [Fact]
    public async Task A_list_passes_filter_and_page_on_and_answers_with_data_and_cursor()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.AddNumber();

        var page = await (await host.ClientWith().GetAsync(
            "/api/v1/numbers?status=logged_out&limit=7&cursor=abc&updatedAfter=2026-06-29T10:15:00%2B02:00")).Body();

        Assert.Single(page.GetProperty("data").EnumerateArray());
        Assert.Equal("next", page.GetProperty("nextCursor").GetString());
        var asked = host.Deployment.LastAsked<ListedNumbers>();
        Assert.Equal(NumberStatus.LoggedOut, asked.Status);
        Assert.Equal(new PageRequest(7, "abc", new DateTimeOffset(2026, 6, 29, 8, 15, 0, TimeSpan.Zero)), asked.Page);
    }

    [Fact]
    public async Task Without_parameters_a_page_has_fifty_items()
    {
        await using var host = await ApiHost.Start();

        await host.ClientWith().GetAsync("/api/v1/numbers");

        Assert.Equal(new PageRequest(50, null, null), host.Deployment.LastAsked<ListedNumbers>().Page);
    }

    [Fact]
    public async Task Linking_shows_the_code_as_text_and_as_a_picture()
    {
        await using var host = await ApiHost.Start();
        var number = host.Deployment.AddNumber();

        var link = await (await host.ClientWith().PostJson($"/api/v1/numbers/{number.Id}/link", """{"method":"qr"}""")).Body();

        Assert.Equal("logged_out", link.GetProperty("status").GetString());
        Assert.Equal("linking", link.GetProperty("detail").GetString());
        Assert.Equal("2@abcdef,ghijkl", link.GetProperty("qr").GetString());
        Assert.Equal("2026-06-29T12:00:20.000Z", link.GetProperty("expiresAt").GetString());
        var image = link.GetProperty("qrImage").GetString()!;
        Assert.StartsWith("data:image/svg+xml;base64,", image);
        Assert.Contains("<svg", Encoding.UTF8.GetString(Convert.FromBase64String(image.Split(',')[1])));
        Assert.Equal(link.GetRawText(), await host.ClientWith().GetStringAsync($"/api/v1/numbers/{number.Id}/link"));
    }

    [Fact]
    public async Task What_is_asked_of_a_number_reaches_it()
    {
        await using var host = await ApiHost.Start();
        var number = host.Deployment.AddNumber();
        var client = host.ClientWith();
        var route = $"/api/v1/numbers/{number.Id}";

        await client.PostJson($"{route}/link", """{"method":"code","phone":"919812345678","replace":true}""");
        Assert.Equal(new AskedNumber(number.Id, new LinkRequest(LinkMethod.Code, "919812345678", true)), host.Deployment.LastAsked<AskedNumber>());
        await client.PutAsync($"{route}/desired", Http.Json("""{"state":"stopped"}"""));
        Assert.Equal(new AskedNumber(number.Id, DesiredState.Stopped), host.Deployment.LastAsked<AskedNumber>());
        await client.PatchAsync(route, Http.Json("""{"label":"Sales"}"""));
        Assert.Equal(new AskedNumber(number.Id, new NumberUpdate("Sales", null)), host.Deployment.LastAsked<AskedNumber>());
        await client.PatchAsync(route, Http.Json("""{"proxy":"http://proxy.example.com:8080"}"""));
        Assert.Equal(new AskedNumber(number.Id, new NumberUpdate(null, null, new ProxyUpdate("http://proxy.example.com:8080"))), host.Deployment.LastAsked<AskedNumber>());
        await client.PatchAsync(route, Http.Json("""{"proxy":null}"""));
        Assert.Equal(new AskedNumber(number.Id, new NumberUpdate(null, null, new ProxyUpdate(null))), host.Deployment.LastAsked<AskedNumber>());
        await client.PostAsync($"{route}/reconnect", null);
        Assert.Equal(new AskedNumber(number.Id, "reconnect"), host.Deployment.LastAsked<AskedNumber>());
        var unlinked = await (await client.DeleteAsync(route)).Body();
        Assert.Equal("2026-06-29T12:00:00.000Z", unlinked.GetProperty("removedAt").GetString());
    }

    [Fact]
    public async Task History_is_asked_for_all_chats_or_for_one_however_it_is_named()
    {
        await using var host = await ApiHost.Start();
        var number = host.Deployment.AddNumber();
        var client = host.ClientWith();
        var route = $"/api/v1/numbers/{number.Id}/history";

        var all = await client.PostAsync(route, null);
        Assert.Equal(new AskedNumber(number.Id, new HistoryRequest(null)), host.Deployment.LastAsked<AskedNumber>());
        await client.PostJson(route, """{"chatId":"919812345678"}""");

        Assert.Equal(HttpStatusCode.Accepted, all.StatusCode);
        Assert.Equal(new AskedChat("919812345678", number.Id), host.Deployment.LastAsked<AskedChat>());
        Assert.Equal(new AskedNumber(number.Id, new HistoryRequest("c_of_" + number.Id)), host.Deployment.LastAsked<AskedNumber>());
    }

    [Theory]
    [InlineData("/api/v1/numbers/n-does-not-exist/reconnect")]
    [InlineData("/api/v1/numbers/naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/reconnect")]
    public async Task Something_that_can_be_no_number_is_not_asked_at_all(string route)
    {
        await using var host = await ApiHost.Start();

        var response = await host.ClientWith().PostAsync(route, null);

        Assert.Equal("unknown_number", await response.ErrorCode());
        Assert.Empty(host.Deployment.Asked);
    }
}
