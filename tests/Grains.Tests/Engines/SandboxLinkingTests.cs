using Loopwave.Engines;
using Loopwave.Testing.Sandbox;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

public sealed class SandboxLinkingTests
{
    private const string Number = "n0000000001";

    [Fact]
    public async Task A_number_links_by_itself_and_then_logs_in()
    {
        await using var world = SandboxWorld.Start();

        var credentials = await world.Link(Number);
        await world.Open(Number, 1, credentials);

        Assert.NotNull((await world.Inbox.Next<EngineEvent.Opened>(Number)).PushName);
        var view = (await world.Control.Get(Number)).Value!;
        Assert.True(view is { Linked: true, Connected: true, Linking: false, Waiting: 0 });
        Assert.StartsWith("888", view.Phone, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_is_on_screen_for_a_while_before_the_phone_scans_it()
    {
        await using var world = SandboxWorld.Start(options =>
            (options.LinkDelay, options.PairingDelay) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));

        await world.Open(Number, 1, null);
        var offer = await world.Inbox.Next<EngineEvent.LinkOffered>(Number);
        Assert.Equal(world.Clock.GetUtcNow().AddSeconds(60), offer.ExpiresAt);
        Assert.NotNull(offer.Qr);
        Assert.Null(offer.Code);

        world.Clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.True(world.Inbox.IsEmpty(Number));
        world.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await world.Inbox.Next<EngineEvent.LinkScanned>(Number);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.Inbox.Next<EngineEvent.CredentialsChanged>(Number);
    }

    [Fact]
    public async Task Codes_that_nobody_scans_are_refreshed_for_160_seconds_and_then_run_out()
    {
        await using var world = SandboxWorld.Start(options => options.AutoLink = false);

        await world.Open(Number, 1, null);
        var seen = new HashSet<string>();
        for (var i = 0; i < 6; i++)
        {
            var offer = await world.Inbox.Next<EngineEvent.LinkOffered>(Number);
            Assert.Equal(i == 0 ? 60 : 20, (offer.ExpiresAt - world.Clock.GetUtcNow()).TotalSeconds);
            Assert.True(seen.Add(offer.Qr!));
            world.Clock.Advance(offer.ExpiresAt - world.Clock.GetUtcNow());
        }

        Assert.Equal(408, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
        Assert.Equal(160, (world.Clock.GetUtcNow() - new DateTimeOffset(2026, 6, 29, 10, 15, 0, TimeSpan.Zero)).TotalSeconds);
    }

    [Fact]
    public async Task A_code_to_type_has_eight_characters_and_links_the_phone_it_was_made_for()
    {
        await using var world = SandboxWorld.Start();

        await world.Open(Number, 1, null, "4915112345678");
        var offer = await world.Inbox.Next<EngineEvent.LinkOffered>(Number);
        Assert.Equal(8, offer.Code!.Length);
        Assert.Null(offer.Qr);
        Assert.Equal(world.Clock.GetUtcNow().AddSeconds(160), offer.ExpiresAt);

        await world.Inbox.Next<EngineEvent.LinkScanned>(Number);
        await world.Inbox.Next<EngineEvent.CredentialsChanged>(Number);
        Assert.Equal("4915112345678", (await world.Inbox.Next<EngineEvent.Linked>(Number)).Phone);
    }

    [Fact]
    public async Task The_phone_scans_only_when_told_while_it_does_not_scan_by_itself()
    {
        await using var world = SandboxWorld.Start();
        await world.Control.SetAutoLink(Number, false);
        Assert.Equal(RefusalCode.NotLinking, (await world.Control.Scan(Number, new())).Refusal?.Code);

        await world.Open(Number, 1, null);
        await world.Inbox.Next<EngineEvent.LinkOffered>(Number);
        Assert.True((await world.Control.Get(Number)).Value!.Linking);
        Assert.Null((await world.Control.Scan(Number, new("4915100000001"))).Refusal);

        await world.Inbox.Next<EngineEvent.LinkScanned>(Number);
        await world.Inbox.Next<EngineEvent.CredentialsChanged>(Number);
        Assert.Equal("4915100000001", (await world.Inbox.Next<EngineEvent.Linked>(Number)).Phone);
    }

    [Fact]
    public async Task The_phone_of_another_number_can_scan()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);
        var phone = (await world.Control.Get(Number)).Value!.Phone;
        await world.Control.SetAutoLink("n0000000002", false);

        await world.Open("n0000000002", 1, null);
        await world.Inbox.Next<EngineEvent.LinkOffered>("n0000000002");
        Assert.Null((await world.Control.Scan("n0000000002", new(PhoneOf: Number))).Refusal);
        await world.Inbox.Next<EngineEvent.LinkScanned>("n0000000002");
        await world.Inbox.Next<EngineEvent.CredentialsChanged>("n0000000002");

        Assert.Equal(phone, (await world.Inbox.Next<EngineEvent.Linked>("n0000000002")).Phone);
        var missing = await world.Control.Scan(Number, new(PhoneOf: "n0000000003"));
        Assert.Equal(RefusalCode.InvalidInput, missing.Refusal?.Code);
    }

    [Fact]
    public async Task Links_expire_when_told_to()
    {
        await using var world = SandboxWorld.Start();
        await world.Control.SetFaults(Number, new() { LinksExpire = true });

        await world.Open(Number, 1, null);

        await world.Inbox.Next<EngineEvent.LinkOffered>(Number);
        Assert.Equal(408, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
    }

    [Fact]
    public async Task Credentials_that_are_not_the_linked_devices_are_refused()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Link(Number);

        await world.Open(Number, 1, [new("device", [1, 2, 3])]);
        Assert.Equal(401, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
        await world.Open(Number, 1, []);
        Assert.Equal(401, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);

        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
    }

    [Fact]
    public async Task A_device_removed_on_the_phone_is_closed_with_401_and_cannot_log_in_again()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Connect(Number);

        Assert.False((await world.Control.Unlink(Number)).Value!.Linked);

        Assert.Equal(401, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
        await world.Open(Number, 1, credentials);
        Assert.Equal(401, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
        Assert.Equal(RefusalCode.NoReadySession, (await world.Control.Unlink(Number)).Refusal?.Code);
    }

    [Fact]
    public async Task Logging_out_removes_the_device_and_linking_again_gives_it_new_credentials()
    {
        await using var world = SandboxWorld.Start();
        var before = await world.Connect(Number);

        await world.Engine.LogOut(Number, 1, CancellationToken.None);
        await world.Open(Number, 1, before);
        Assert.Equal(401, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);

        var after = await world.Link(Number);
        Assert.NotEqual(before[0].Value!, after[0].Value!);
        await world.Open(Number, 1, after);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
    }

    [Fact]
    public async Task Linking_that_cannot_be_stored_ends_as_unavailable()
    {
        var record = new MemorySandboxRecord();
        await using var world = SandboxWorld.Start(record: record);
        await world.Control.SetAutoLink(Number, false);
        await world.Open(Number, 1, null);
        await world.Inbox.Next<EngineEvent.LinkOffered>(Number);

        record.IsFull = true;
        await world.Control.Scan(Number, new());
        await world.Inbox.Next<EngineEvent.LinkScanned>(Number);
        Assert.Equal(503, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);

        record.IsFull = false;
        Assert.False((await world.Control.Get(Number)).Value!.Linked);
    }

    [Fact]
    public async Task History_built_for_a_phone_arrives_after_linking_in_batches_that_say_how_far_they_are()
    {
        await using var world = SandboxWorld.Start();
        await world.Control.BuildHistory(Number, new(Chats: 12, Messages: 40));

        await world.Connect(Number);

        var batches = new List<EngineEvent.HistoryReceived>();
        do
        {
            batches.Add(await world.Inbox.Next<EngineEvent.HistoryReceived>(Number));
        }
        while (!batches[^1].Done);
        Assert.Equal([33, 66, 100], batches.Select(batch => batch.Percent!.Value));
        var messages = batches.SelectMany(batch => batch.Messages).ToList();
        Assert.Equal(12 * 20, messages.DistinctBy(message => message.WhatsAppId).Count());
        Assert.Equal(12, messages.Select(message => message.Jid).Distinct().Count());
        Assert.All(batches, batch => Assert.Null(batch.Request));
    }

    [Fact]
    public async Task Older_history_comes_when_asked_for_until_there_is_none()
    {
        await using var world = SandboxWorld.Start();
        await world.Control.BuildHistory(Number, new(Chats: 1, Messages: 90));
        await world.Connect(Number);
        var known = (await world.Inbox.Next<EngineEvent.HistoryReceived>(Number)).Messages.ToList();

        for (var expected = 50; known.Count < 90; expected = 20)
        {
            var request = new EngineHistoryRequest(
                $"h{known.Count}", known[0].Jid, new(known[^1].WhatsAppId, false, null), known[^1].Timestamp, 50);
            await world.Engine.RequestHistory(Number, 1, request, CancellationToken.None);
            var answer = await world.Inbox.Next<EngineEvent.HistoryReceived>(Number);
            Assert.Equal(request.Request, answer.Request);
            Assert.Equal(expected, answer.Messages.Count);
            Assert.All(answer.Messages, message => Assert.True(message.Timestamp < known[^1].Timestamp));
            known.AddRange(answer.Messages);
        }

        Assert.Equal(90, known.DistinctBy(message => message.WhatsAppId).Count());
        var beyond = new EngineHistoryRequest("end", known[0].Jid, new(known[^1].WhatsAppId, false, null), known[^1].Timestamp, 50);
        await world.Engine.RequestHistory(Number, 1, beyond, CancellationToken.None);
        Assert.Empty((await world.Inbox.Next<EngineEvent.HistoryReceived>(Number)).Messages);
    }

    [Fact]
    public async Task A_phone_that_is_off_answers_no_request_for_history()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);
        await world.Control.SetFaults(Number, new() { PhoneOff = true });

        var request = new EngineHistoryRequest("h", "12025550100@s.whatsapp.net", new("A", false, null), world.Clock.GetUtcNow(), 50);
        await world.Engine.RequestHistory(Number, 1, request, CancellationToken.None);

        Assert.Equal(0, (await world.Control.Get(Number)).Value!.Waiting);
    }
}
