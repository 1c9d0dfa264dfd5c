using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>Linking and unlinking over the real protocol.</summary>
public sealed class LinkingTests(Deployment deployment) : IClassFixture<Deployment>
{
    [Fact]
    public async Task A_number_is_linked_by_the_qr_code_that_a_phone_scans()
    {
        var (number, phone) = await deployment.LinkedNumber();

        var view = await deployment.Ready(number);
        Assert.Equal(phone, Deployment.Text(view["phone"]));
        Assert.Equal("Shop", Deployment.Text(view["pushName"]));
        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    [Fact]
    public async Task A_number_is_linked_by_the_code_that_a_person_types()
    {
        var phone = await deployment.Person("Shop");
        var number = await deployment.NewNumber();
        await deployment.Post($"/api/v1/numbers/{number}/link", new { method = "code", phone });
        var link = await Deployment.Until(() => deployment.Get($"/api/v1/numbers/{number}/link"), link => link["code"] is not null);
        Assert.Equal(8, Deployment.Text(link["code"]).Length);

        await deployment.WhatsApp.EnterCode(phone, Deployment.Text(link["code"]));

        Assert.Equal(phone, Deployment.Text((await deployment.Ready(number))["phone"]));
    }

    [Fact]
    public async Task A_code_that_whatsapp_refuses_is_not_shown_and_the_number_says_why()
    {
        var phone = await deployment.Person("Shop");
        var number = await deployment.NewNumber();
        await deployment.WhatsApp.Fault(new { kind = "query-error", phone, query = "set md link_code_companion_reg", code = 429 });

        await deployment.Post($"/api/v1/numbers/{number}/link", new { method = "code", phone });

        var view = await deployment.Number(number, view => Deployment.Text(view["reason"]?["code"]) == "code_refused");
        Assert.Equal("logged_out", Deployment.Text(view["status"]));
        Assert.Null(view["detail"]);

        await deployment.Post($"/api/v1/numbers/{number}/link", new { method = "code", phone });
        var link = await Deployment.Until(() => deployment.Get($"/api/v1/numbers/{number}/link"), link => link["code"] is not null);
        await deployment.WhatsApp.EnterCode(phone, Deployment.Text(link["code"]));
        await deployment.Ready(number);
        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    [Fact]
    public async Task A_number_that_is_unlinked_on_the_phone_says_so_and_can_be_linked_again()
    {
        var (number, phone) = await deployment.LinkedNumber();

        await deployment.WhatsApp.OnPhone(phone, "unlink", new { });

        var view = await deployment.Number(number, view => Deployment.Text(view["status"]) == "logged_out");
        Assert.Equal("unlinked", Deployment.Text(view["reason"]!["code"]));
        await deployment.LinkByQr(number, phone);
    }

    [Fact]
    public async Task A_number_that_was_unlinked_on_the_phone_while_we_were_away_says_so_and_asks_no_more()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var device = Deployment.Text((await Companion(phone))["jid"]);
        await deployment.Process.Stop();
        await deployment.WhatsApp.OnPhone(phone, "unlink", new { });
        await deployment.Start();

        var view = await deployment.Number(number, view => Deployment.Text(view["status"]) == "logged_out");
        Assert.Equal("unlinked", Deployment.Text(view["reason"]!["code"]));
        await deployment.LinkByQr(number, phone);
        var refused = Assert.Single(await deployment.WhatsApp.LogIns(), one => Deployment.Text(one!["device"]) == device && one["refused"] is not null);
        Assert.Equal(401, refused!["refused"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_number_that_is_unlinked_here_is_gone_from_the_phone()
    {
        var (number, phone) = await deployment.LinkedNumber();

        await deployment.Do(HttpMethod.Delete, $"/api/v1/numbers/{number}");

        await Deployment.Until(
            () => deployment.WhatsApp.Account(phone), account => account["companions"]!.AsArray().Count == 0);
    }

    [Fact]
    public async Task A_number_that_is_unlinked_while_it_is_stopped_is_gone_from_the_phone()
    {
        var (number, phone) = await deployment.LinkedNumber();
        await deployment.Do(HttpMethod.Put, $"/api/v1/numbers/{number}/desired", new { state = "stopped" });
        await deployment.Number(number, view => Deployment.Text(view["detail"]) == "stopped");

        var removed = await deployment.Do(HttpMethod.Delete, $"/api/v1/numbers/{number}");

        Assert.NotNull(removed["removedAt"]);
        await Gone(number, phone);
    }

    [Fact]
    public async Task A_number_that_is_unlinked_while_it_is_disconnected_is_gone_from_the_phone()
    {
        var (number, phone) = await deployment.LinkedNumber();
        await deployment.WhatsApp.Fault(new { kind = "login-failure", phone, code = 503, count = 2 });
        await deployment.WhatsApp.Fault(new { kind = "drop", phone });
        await deployment.Number(number, view => Deployment.Text(view["status"]) == "disconnected");

        await deployment.Do(HttpMethod.Delete, $"/api/v1/numbers/{number}");

        await Gone(number, phone);
    }

    [Fact]
    public async Task A_phone_that_is_linked_already_is_refused_and_its_new_device_removed()
    {
        var (first, phone) = await deployment.LinkedNumber();
        var second = await deployment.NewNumber();
        await deployment.Post($"/api/v1/numbers/{second}/link", new { method = "qr" });
        var link = await Deployment.Until(() => deployment.Get($"/api/v1/numbers/{second}/link"), link => link["qr"] is not null);

        await deployment.WhatsApp.Scan(phone, Deployment.Text(link["qr"]));

        await deployment.Number(second, view => Deployment.Text(view["status"]) == "logged_out" && Deployment.Text(view["reason"]?["code"]) == "already_linked");
        await Deployment.Until(
            () => deployment.WhatsApp.Account(phone), account => account["companions"]!.AsArray().Count == 1);
        await deployment.Ready(first);
    }

    [Fact]
    public async Task Another_phone_than_before_is_refused()
    {
        var (number, phone) = await deployment.LinkedNumber();
        await deployment.WhatsApp.OnPhone(phone, "unlink", new { });
        await deployment.Number(number, view => Deployment.Text(view["status"]) == "logged_out");
        var other = await deployment.Person("Other shop");
        await deployment.Post($"/api/v1/numbers/{number}/link", new { method = "qr" });
        var link = await Deployment.Until(() => deployment.Get($"/api/v1/numbers/{number}/link"), link => link["qr"] is not null);

        await deployment.WhatsApp.Scan(other, Deployment.Text(link["qr"]));

        var view = await deployment.Number(number, view => Deployment.Text(view["reason"]?["code"]) == "different_phone");
        Assert.Equal(phone, Deployment.Text(view["phone"]));
        await Deployment.Until(
            () => deployment.WhatsApp.Account(other), account => account["companions"]!.AsArray().Count == 0);
    }

    [Fact]
    public async Task A_number_that_is_linked_again_keeps_its_chats_and_sends_what_was_accepted_before()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var person = await deployment.Person();
        await deployment.WhatsApp.Say(person, phone, "before that");
        await deployment.Shown(person, message => Deployment.Text(message["text"]) == "before that");
        var device = Deployment.Text((await Companion(phone))["jid"]);

        var qr = await Replace(number);
        var waiting = await deployment.Send(number, person, "accepted meanwhile");
        await deployment.WhatsApp.Scan(phone, qr);

        await deployment.Ready(number);
        Assert.NotEqual(device, Deployment.Text((await Companion(phone))["jid"]));
        await deployment.MessageIs(waiting, "delivered");
        await deployment.WhatsApp.Say(person, phone, "after that");
        await deployment.Shown(person, message => Deployment.Text(message["text"]) == "after that");
        var chat = await deployment.Get($"/api/v1/chats/{person}/messages");
        Assert.Equal(["accepted meanwhile", "after that", "before that"], chat["data"]!.AsArray().Select(message => Deployment.Text(message!["text"])).Order());
        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    [Fact]
    public async Task Another_phone_takes_the_place_when_it_is_told_to_and_sends_nothing_that_was_accepted_for_the_old_one()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var (person, other) = (await deployment.Person(), await deployment.Person("Other shop"));
        await deployment.WhatsApp.Say(person, phone, "before that");
        await deployment.Shown(person, message => Deployment.Text(message["text"]) == "before that");
        await deployment.Do(HttpMethod.Put, $"/api/v1/numbers/{number}/desired", new { state = "stopped" });
        await deployment.Number(number, view => Deployment.Text(view["detail"]) == "stopped");
        var waiting = await deployment.Send(number, person, "from the old phone");

        await deployment.WhatsApp.Scan(other, await Replace(number));

        Assert.Equal(other, Deployment.Text((await deployment.Ready(number))["phone"]));
        Assert.Equal("number_replaced", Deployment.Text((await deployment.MessageIs(waiting, "failed"))["error"]!["code"]));
        Assert.Empty((await deployment.WhatsApp.Account(phone))["companions"]!.AsArray());
        await deployment.MessageIs(await deployment.Send(number, person, "from the new phone"), "delivered");
        var arrived = Assert.Single(await deployment.WhatsApp.Inbox(person))!;
        Assert.Equal(("from the new phone", other), (Deployment.Text(arrived["text"]), Deployment.Text(arrived["from"])));
        await deployment.Shown(person, message => Deployment.Text(message["text"]) == "before that");
        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    /// <summary>Unlinks the device of a number for another one; the code to scan.</summary>
    private async Task<string> Replace(string number)
    {
        await deployment.Post($"/api/v1/numbers/{number}/link", new { method = "qr", replace = true });
        return Deployment.Text((await Deployment.Until(() => deployment.Get($"/api/v1/numbers/{number}/link"), link => link["qr"] is not null))["qr"]);
    }

    private async Task<JsonNode> Companion(string phone) => Assert.Single((await deployment.WhatsApp.Account(phone))["companions"]!.AsArray())!;

    private async Task Gone(string number, string phone)
    {
        await Deployment.Until(() => deployment.WhatsApp.Account(phone), account => account["companions"]!.AsArray().Count == 0);
        Assert.Equal("removed", Deployment.Text((await deployment.Number(number, view => Deployment.Text(view["status"]) == "logged_out"))["reason"]!["code"]));
    }

    [Theory]
    [InlineData(400, "disconnected", "handshake_refused")]
    [InlineData(402, "disconnected", "temporarily_restricted")]
    [InlineData(403, "disconnected", "locked")]
    [InlineData(406, "disconnected", "banned")]
    [InlineData(411, "logged_out", "linked_devices_off")]
    [InlineData(500, "disconnected", "server_error")]
    [InlineData(503, "disconnected", "server_unavailable")]
    public async Task A_failure_that_the_server_names_is_shown_with_its_cause(int code, string status, string reason)
    {
        var (number, phone) = await deployment.LinkedNumber();

        await deployment.WhatsApp.Fault(new { kind = "login-failure", phone, code, count = 1 });
        await deployment.WhatsApp.Fault(new { kind = "drop", phone });

        await deployment.WasSeen(number, status, reason);
    }

    [Fact]
    public async Task A_device_that_somebody_else_uses_is_said_to_be_replaced()
    {
        var (number, phone) = await deployment.LinkedNumber();

        await deployment.WhatsApp.Fault(new { kind = "replaced", phone });

        await deployment.Number(number, view => Deployment.Text(view["reason"]?["code"]) == "replaced");
    }
}
