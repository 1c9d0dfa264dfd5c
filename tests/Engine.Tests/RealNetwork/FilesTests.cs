using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>History and address book as a real phone tells them: in files beside its messages, which can fail.</summary>
public sealed class FilesTests : IAsyncLifetime
{
    // What one number meets in a host must not reach the others in it.
    private readonly Deployment _deployment = new() { Settings = { ["ENGINE_HOSTS"] = "1" } };

    private string _phone = "";
    private string _person = "";

    public async ValueTask InitializeAsync()
    {
        await _deployment.InitializeAsync();
        (_phone, _person) = (await _deployment.Person("Shop"), await _deployment.Person("Old friend"));
        await _deployment.WhatsApp.OnPhone(_phone, "inline", new { upTo = 0 });
        await _deployment.WhatsApp.OnPhone(_phone, "history", new
        {
            chat = _person, bootstrap = 5,
            messages = Enumerable.Range(0, 20).Select(n => new { id = $"OLD{n:D5}", text = $"old text {n}", fromMe = n % 2 == 0, at = $"2026-01-01T10:{n:D2}:00.000Z" }).ToArray(),
        });
    }

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();

    [Fact]
    public async Task History_that_comes_as_files_is_shown_by_itself_and_when_it_is_asked_for()
    {
        var number = await _deployment.NewNumber();
        await _deployment.LinkByQr(number, _phone);

        await Shown("old text 19");
        await HistoryIs(number, "done", 100);
        Assert.Equal(5, await Count());

        await AskForHistory(number);
        await Shown("old text 0");
        await HistoryIs(number, "done", 100);
        Assert.Equal(20, await Count());
        Assert.All(await _deployment.WhatsApp.FilesAsked(), file => Assert.Equal("md-msg-hist", Deployment.Text(file!["kind"])));
    }

    [Fact]
    public async Task An_address_book_is_read_from_its_snapshot_and_from_the_file_of_a_change()
    {
        await _deployment.WhatsApp.OnPhone(_phone, "contacts", new { of = _person, name = "Bola Ade" });
        var number = await _deployment.NewNumber();
        await _deployment.LinkByQr(number, _phone);
        await _deployment.Chat(_person, chat => Deployment.Text(chat["name"]) == "Bola Ade", number);

        await _deployment.WhatsApp.OnPhone(_phone, "contacts", new { of = _person, name = "Bola Adeyemi" });

        await _deployment.Chat(_person, chat => Deployment.Text(chat["name"]) == "Bola Adeyemi", number);
        Assert.Equal(2, (await _deployment.WhatsApp.FilesAsked()).Count(file => Deployment.Text(file!["kind"]) == "md-app-state"));
    }

    [Fact]
    public async Task Files_that_break_off_hurt_no_other_number_and_the_history_says_that_not_everything_came()
    {
        var (other, _) = await _deployment.LinkedNumber();
        var since = Deployment.Text((await _deployment.Ready(other))["since"]);
        var hosts = _deployment.Process.Children();
        await _deployment.WhatsApp.Fault(new { kind = "file-cut", phone = _phone, file = "app-state", after = 20 });
        await _deployment.WhatsApp.Fault(new { kind = "file-cut", phone = _phone, file = "history", after = 20, count = 3 });
        await _deployment.WhatsApp.OnPhone(_phone, "contacts", new { of = _person, name = "Bola Ade" });

        var number = await _deployment.NewNumber();
        await _deployment.LinkByQr(number, _phone);
        var meanwhile = await _deployment.Send(other, await _deployment.Person(), "from another number");
        var ended = await _deployment.Number(number, view => Deployment.Text(view["history"]!["state"]) == "done");

        Assert.NotEqual(100, ended["history"]!["percent"]?.GetValue<int>());
        await _deployment.MessageIs(meanwhile, "delivered");
        Assert.Equal(hosts, _deployment.Process.Children());
        Assert.Equal(("ready", since), (Deployment.Text((await _deployment.Ready(other))["status"]), Deployment.Text((await _deployment.Ready(other))["since"])));
        Assert.DoesNotContain((await _deployment.Ready(number))["timeline"]!.AsArray(), entry => Deployment.Text(entry!["status"]) == "disconnected");

        // Its chat begins now, and all that was before can be asked for.
        await _deployment.WhatsApp.Say(_person, _phone, "hello again");
        await Shown("hello again");
        await _deployment.Chat(_person, chat => Deployment.Text(chat["name"]) == "Bola Ade", number);
        await AskForHistory(number);
        await Shown("old text 0");
        await HistoryIs(number, "done", 100);
    }

    [Fact]
    public async Task History_of_a_phone_that_is_off_ends_after_a_minute_and_what_it_says_later_is_kept()
    {
        var number = await _deployment.NewNumber();
        await _deployment.LinkByQr(number, _phone);
        await Shown("old text 19");
        await HistoryIs(number, "done", 100);
        await _deployment.WhatsApp.OnPhone(_phone, "power", new { on = false });

        await AskForHistory(number);
        await HistoryIs(number, "syncing", 0);
        await _deployment.MessageIs(await _deployment.Send(number, _person, "sent meanwhile"), "delivered");
        await HistoryIs(number, "done", 0, TimeSpan.FromSeconds(90));
        Assert.Equal(6, await Count());

        await _deployment.WhatsApp.OnPhone(_phone, "power", new { on = true });
        await Shown("old text 0");
        Assert.Equal(21, await Count());
    }

    private async Task AskForHistory(string number)
    {
        var chat = await _deployment.Chat(_person, _ => true, number);
        await _deployment.Post($"/api/v1/numbers/{number}/history", new { chatId = Deployment.Text(chat["id"]) });
    }

    private Task<JsonObject> Shown(string text) => _deployment.Shown(_person, message => Deployment.Text(message["text"]) == text);

    private async Task<int> Count() => (await _deployment.Get($"/api/v1/chats/{_person}/messages?limit=200"))["data"]!.AsArray().Count;

    private Task<JsonObject> HistoryIs(string number, string state, int percent, TimeSpan? patience = null) => _deployment.Number(
        number,
        view => (Deployment.Text(view["history"]!["state"]), view["history"]!["percent"]?.GetValue<int>()) == (state, percent),
        patience);
}
