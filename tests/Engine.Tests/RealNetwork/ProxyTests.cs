using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>A number that has its own way to the network.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    // The tests' proxies are on this machine, where none may be without the operator's leave.
    private readonly Deployment _deployment = new() { Settings = { ["OUTBOUND_ALLOW"] = "127.0.0.0/8" } };
    private readonly ConnectProxy _first = new();
    private readonly ConnectProxy _second = new();

    public ValueTask InitializeAsync()
    {
        _deployment.IsSecret("pass-w0rd");
        return _deployment.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _deployment.DisposeAsync();
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task Everything_of_a_number_goes_through_its_proxy_and_through_another_one_once_it_has_that()
    {
        var (phone, person) = (await _deployment.Person("Shop"), await _deployment.Person());
        var made = await _deployment.Post("/api/v1/numbers", new { label = "Support", engine = "whatsapp", proxy = _first.Url });
        Assert.Equal(_first.Shown, Deployment.Text(made["proxy"]));
        var number = Deployment.Text(made["id"]);
        await _deployment.LinkByQr(number, phone);
        Assert.True(_first.Passed > 0);

        var before = _first.Sent;
        await _deployment.MessageIs(await _deployment.Send(number, person, "by the first way"), "delivered");
        Assert.True(_first.Sent > before);

        Assert.Equal(_second.Shown, Deployment.Text((await Patch(number, _second.Url))["proxy"]));
        await _deployment.MessageIs(await _deployment.Send(number, person, "by the second way"), "delivered");
        Assert.True(_second.Passed > 0);
        await _deployment.WasSeen(number, "connecting", "proxy_changed");

        var passed = (_first.Passed, _second.Passed);
        Assert.Null((await Patch(number, null))["proxy"]);
        _first.Dispose();
        _second.Dispose();
        await _deployment.MessageIs(await _deployment.Send(number, person, "directly now"), "delivered");
        Assert.Equal(passed, (_first.Passed, _second.Passed));
    }

    [Fact]
    public async Task Every_file_of_a_number_goes_through_its_proxy_and_none_past_it()
    {
        var (phone, person) = (await _deployment.Person("Shop"), await _deployment.Person("Old friend"));
        await _deployment.WhatsApp.OnPhone(phone, "inline", new { upTo = 0 });
        await _deployment.WhatsApp.OnPhone(phone, "contacts", new { of = person, name = "Old friend" });
        await _deployment.WhatsApp.OnPhone(phone, "history", new { chat = person, messages = new[] { new { id = "OLD00001", text = "an old text", at = "2026-01-01T10:00:00.000Z" } } });
        var number = Deployment.Text((await _deployment.Post("/api/v1/numbers", new { label = "Support", engine = "whatsapp", proxy = _first.Url }))["id"]);
        await _deployment.LinkByQr(number, phone);
        await _deployment.Shown(person, message => Deployment.Text(message["text"]) == "an old text");

        byte[] content = [.. Enumerable.Range(0, 50_000).Select(n => (byte)(n * 17))];
        await _deployment.WhatsApp.OnPhone(person, "send-file", new { to = phone, kind = "image", mimetype = "image/jpeg", base64 = Convert.ToBase64String(content) });
        var arrived = await _deployment.Shown(person, message => message["media"] is not null);
        Assert.Equal(content, await _deployment.Api.GetByteArrayAsync(Deployment.Text(arrived["media"]!["url"])));
        var media = await _deployment.Upload(content, "application/pdf");
        await _deployment.MessageIs(Deployment.Text((await _deployment.Post("/api/v1/messages", new { from = number, to = person, media = new { id = media } }))["id"]), "delivered");

        var asked = await Deployment.Until(
            _deployment.WhatsApp.FilesAsked, all => all.Any(file => Deployment.Text(file!["kind"]) == "md-app-state"));
        Assert.Superset(
            new HashSet<string> { "GET md-msg-hist", "GET md-app-state", "GET image", "POST document" },
            asked.Select(file => $"{Deployment.Text(file!["method"])} {Deployment.Text(file["kind"])}").ToHashSet());
        Assert.All(asked, file => Assert.Contains(file!["port"]!.GetValue<int>(), _first.Ports));
    }

    [Fact]
    public async Task A_proxy_that_is_gone_or_does_not_know_the_number_is_shown_and_the_number_is_back_with_another_one()
    {
        var (number, _) = await _deployment.LinkedNumber();
        var person = await _deployment.Person();
        await Patch(number, _first.Url);
        await _deployment.Ready(number);

        _first.Dispose();
        await Fails(number, "proxy_unreachable");
        var waiting = await _deployment.Send(number, person, "waits here");

        await Patch(number, _second.Url.Replace("pass-w0rd", "another", StringComparison.Ordinal));
        await Fails(number, "proxy_refused");

        await Patch(number, _second.Url);
        await _deployment.Ready(number);
        await _deployment.MessageIs(waiting, "delivered");
        Assert.Equal("waits here", Deployment.Text(Assert.Single(await _deployment.WhatsApp.Inbox(person))!["text"]));
        Assert.Contains("proxy_refused", _deployment.Process.Output, StringComparison.Ordinal);
    }

    private Task<JsonObject> Patch(string number, string? proxy) =>
        _deployment.Do(HttpMethod.Patch, $"/api/v1/numbers/{number}", new { proxy });

    private async Task Fails(string number, string cause)
    {
        await _deployment.WasSeen(number, "disconnected", cause);
        Assert.NotEqual("logged_out", Deployment.Text((await _deployment.Get($"/api/v1/numbers/{number}"))["status"]));
    }
}
