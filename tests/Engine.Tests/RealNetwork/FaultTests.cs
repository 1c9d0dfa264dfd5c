using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>A network that answers late, twice or not at all: every message arrives, under one id.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    // A number notices within this time that nobody answers; the real value would make each test a minute long.
    private readonly Deployment _deployment = new()
    {
        Settings = { ["Numbers__AnswerTimeout"] = "00:00:05", ["Numbers__RepeatGrace"] = "00:00:01" },
    };

    private string _number = "";
    private string _phone = "";
    private string _person = "";

    public async ValueTask InitializeAsync()
    {
        await _deployment.InitializeAsync();
        (_number, _phone) = await _deployment.LinkedNumber();
        _person = await _deployment.Person();
        await _deployment.MessageIs(await _deployment.Send(_number, _person, "first words"), "delivered");
    }

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();

    [Theory]
    [InlineData("ack-late", 2000, true)]
    [InlineData("ack-double", null, true)]
    public async Task An_answer_that_is_late_or_comes_twice_changes_nothing(string kind, int? ms, bool delivered)
    {
        await _deployment.WhatsApp.Fault(new { kind, phone = _phone, count = 1, ms, delivered });

        await _deployment.MessageIs(await _deployment.Send(_number, _person, "said once"), "delivered");

        var inbox = await _deployment.WhatsApp.Inbox(_person);
        Assert.Equal(["first words", "said once"], inbox.Select(message => Deployment.Text(message!["text"])));
        Assert.All(await Sent(), sent => Assert.Equal(1, sent!["times"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_whose_answer_is_lost_is_settled_by_its_receipt_or_repeated_under_its_id_on_a_new_connection(bool delivered)
    {
        var since = Deployment.Text((await _deployment.Ready(_number))["since"]);
        await _deployment.WhatsApp.Fault(new { kind = "ack-lost", phone = _phone, count = 1, delivered });

        var lost = await _deployment.Send(_number, _person, "answer lost");
        var next = await _deployment.Send(_number, _person, "next words");
        await _deployment.MessageIs(lost, "delivered");
        await _deployment.MessageIs(next, "delivered");

        // What a receipt settles needs no other connection.
        Assert.Equal(delivered, since == Deployment.Text((await _deployment.Ready(_number))["since"]));
        var inbox = await _deployment.WhatsApp.Inbox(_person);
        Assert.Equal(["first words", "answer lost", "next words"], inbox.Select(message => Deployment.Text(message!["text"])).Distinct());
        Assert.All(
            inbox.GroupBy(message => Deployment.Text(message!["text"])),
            same => Assert.Single(same.Select(message => Deployment.Text(message!["id"])).Distinct()));
        Assert.Equal(3, (await Sent()).Count);
    }

    [Fact]
    public async Task A_connection_that_looks_open_and_passes_nothing_is_given_up_and_nothing_is_lost()
    {
        await _deployment.WhatsApp.Fault(new { kind = "freeze", phone = _phone });
        await _deployment.WhatsApp.Say(_person, _phone, "do you hear me?");

        var sent = await _deployment.Send(_number, _person, "into the silence");

        await _deployment.MessageIs(sent, "delivered");
        await _deployment.Shown(_person, message => Deployment.Text(message["text"]) == "do you hear me?");
        var timeline = (await _deployment.Ready(_number))["timeline"]!.AsArray();
        Assert.Contains(timeline, entry => Deployment.Text(entry!["status"]) == "disconnected");
    }

    [Fact]
    public async Task A_log_in_after_which_the_network_delivers_nothing_is_made_again_and_what_waited_arrives()
    {
        await _deployment.WhatsApp.Fault(new { kind = "query-error", phone = _phone, query = "set passive active", code = 503, count = 1 });
        await _deployment.WhatsApp.Fault(new { kind = "drop", phone = _phone });
        await _deployment.WhatsApp.Say(_person, _phone, "are you there?");

        await _deployment.Shown(_person, message => Deployment.Text(message["text"]) == "are you there?");

        await _deployment.MessageIs(await _deployment.Send(_number, _person, "here I am"), "delivered");
    }

    [Fact]
    public async Task A_network_that_was_away_for_a_moment_is_the_same_one_afterwards()
    {
        await _deployment.WhatsApp.Restart();
        await _deployment.WhatsApp.Say(_person, _phone, "after the restart");

        await _deployment.Shown(_person, message => Deployment.Text(message["text"]) == "after the restart");
        await _deployment.MessageIs(await _deployment.Send(_number, _person, "here as well"), "delivered");
        Assert.Equal(["first words", "here as well"], (await _deployment.WhatsApp.Inbox(_person)).Select(message => Deployment.Text(message!["text"])));
    }

    private async Task<JsonArray> Sent() => (await _deployment.WhatsApp.Record())["sent"]!.AsArray();
}
