using System.Text.Json;
using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Messages;
using StreamJsonRpc;
using Xunit;

namespace Loopwave.WhatsApp;

public class WhatsAppEngineTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 1, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Opening_hands_over_the_credentials_or_how_to_link()
    {
        await using var world = new EngineWorld();
        await world.Open("n1", epoch: 7);
        await world.Engine.Open(new EngineOpen("n2", 3, null, new EngineLink("4915112345678")), CancellationToken.None);
        var host = await world.NextHost();

        var first = await host.Next("open");
        var second = await host.Next("open");

        Assert.Equal("""{"number":"n1","epoch":7,"credentials":[{"name":"creds","value":"AQI="}]}""", first.GetRawText());
        Assert.Equal("""{"number":"n2","epoch":3,"link":{"phone":"4915112345678"}}""", second.GetRawText());
    }

    [Fact]
    public async Task Credentials_that_no_frame_takes_go_ahead_in_parts()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        var credentials = Many(entries: 1000, bytes: 20_000);

        await world.Engine.Open(new EngineOpen("n2", 7, credentials, null), CancellationToken.None);

        var open = await host.Next("open");
        var loaded = open.GetProperty("loaded").GetInt32();
        var told = new List<CredentialEntry>();
        for (var part = 1; part <= loaded; part++)
        {
            var load = await host.Next("loadCredentials");
            Assert.Equal(("n2", 7, part), (load.GetProperty("number").GetString(), load.GetProperty("epoch").GetInt64(), load.GetProperty("part").GetInt32()));
            Assert.InRange(load.GetRawText().Length, 1_000_000, CredentialParts.LargestPart + 1000);
            told.AddRange(Entries(load));
        }

        told.AddRange(Entries(open));
        Assert.False(host.Has("loadCredentials"));
        Assert.Equal(credentials.Select(entry => entry.Name), told.Select(entry => entry.Name));
        Assert.All(credentials.Zip(told), pair => Assert.Equal(pair.First.Value!, pair.Second.Value!));
    }

    [Fact]
    public async Task An_entry_that_no_frame_takes_is_refused_with_a_code_of_its_own_and_hurts_nothing_else()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        var refused = await Fails(EngineError.Rejected, () => world.Engine.Open(
            new EngineOpen("n2", 1, Many(entries: 1, bytes: EngineProtocol.LargestFrame), null), CancellationToken.None));
        await world.Open("n3");

        Assert.Equal("credentials_too_large", refused.Code);
        Assert.Equal("n3", (await host.Next("open")).GetProperty("number").GetString());
    }

    [Fact]
    public async Task Closing_reaches_the_host_and_closing_what_is_not_open_does_nothing()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        await world.Engine.Close("n1", 1, CancellationToken.None);
        await world.Engine.Close("n1", 1, CancellationToken.None);
        await world.Engine.Close("n9", 1, CancellationToken.None);

        Assert.Equal("""{"number":"n1","epoch":1}""", (await host.Next("close")).GetRawText());
        Assert.False(host.Has("close"));
        await Fails(EngineError.NotConnected, () => world.Engine.LogOut("n1", 1, CancellationToken.None));
    }

    [Fact]
    public async Task A_lower_epoch_is_refused_whatever_it_asks()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst("n1", epoch: 5);

        await Fails(EngineError.StaleEpoch, () => world.Open("n1", 4));
        await Fails(EngineError.StaleEpoch, () => world.Engine.Close("n1", 4, CancellationToken.None));
        await Fails(EngineError.StaleEpoch, () => world.Engine.Relay("n1", 4, "A", "1@s.whatsapp.net", [1], CancellationToken.None));
        await Fails(EngineError.StaleEpoch, () => world.Engine.LogOut("n1", 4, CancellationToken.None));

        Assert.False(host.Has("open") || host.Has("close") || host.Has("relay") || host.Has("logOut"));
    }

    [Fact]
    public async Task A_higher_epoch_opens_at_the_same_host_and_the_lower_one_is_refused_from_then_on()
    {
        await using var world = new EngineWorld(hosts: 2);
        var host = await world.OpenFirst("n1", epoch: 5);

        await world.Open("n1", 6);

        Assert.Equal(6, (await host.Next("open")).GetProperty("epoch").GetInt64());
        await Fails(EngineError.StaleEpoch, () => world.Engine.Close("n1", 5, CancellationToken.None));
    }

    [Fact]
    public async Task Every_command_says_what_it_is_told_and_answers_what_the_host_says()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        host.On("prepare", _ => new PreparedMessage([9, 8]));
        host.On("resolve", _ => new RecipientCheck(true, "551187654321@s.whatsapp.net", "7@lid"));
        var file = new RemoteFile([5], "image/png", null, 12, null);
        var target = new TargetMessage("A0", false, null);

        var prepared = await world.Engine.Prepare("n1", 1, new OutboundMessage
        {
            Kind = OutboundKind.Message, WhatsAppId = "A1", Jid = "1@s.whatsapp.net", Type = MessageType.Voice,
            File = new OutboundFile("/tmp/voice", "audio/ogg", null, 3),
        }, CancellationToken.None);
        await world.Engine.Relay("n1", 1, "A1", "1@s.whatsapp.net", [9, 8], CancellationToken.None);
        var check = await world.Engine.Resolve("n1", 1, "5511987654321", CancellationToken.None);
        await world.Engine.FetchMedia("n1", 1, file, "/tmp/file", 5000, CancellationToken.None);
        await world.Engine.RequestHistory("n1", 1, new EngineHistoryRequest("r1", "1@s.whatsapp.net", target, Now, 50), CancellationToken.None);
        await world.Engine.MarkRead("n1", 1, "1@s.whatsapp.net", [new ReadMark("A5", null)], CancellationToken.None);
        await world.Engine.SetPresence("n1", 1, "1@s.whatsapp.net", PresenceState.Recording, CancellationToken.None);
        await world.Engine.Acknowledge("n1", new EngineCursor(host.Incarnation, 1, 42), CancellationToken.None);

        Assert.Equal([9, 8], prepared);
        Assert.Equal(new RecipientCheck(true, "551187654321@s.whatsapp.net", "7@lid"), check);
        await Said(host, "prepare", """
            {"number":"n1","epoch":1,"message":{"kind":"message","whatsAppId":"A1","jid":"1@s.whatsapp.net","type":"voice","file":{"path":"/tmp/voice","mimeType":"audio/ogg","durationSeconds":3},"mentions":[]}}
            """);
        await Said(host, "relay", """{"number":"n1","epoch":1,"whatsAppId":"A1","jid":"1@s.whatsapp.net","prepared":"CQg="}""");
        await Said(host, "resolve", """{"number":"n1","epoch":1,"phone":"5511987654321"}""");
        await Said(host, "fetchMedia", """{"number":"n1","epoch":1,"file":{"locator":"BQ==","mimeType":"image/png","size":12},"targetPath":"/tmp/file","maxBytes":5000}""");
        await Said(host, "requestHistory", """
            {"number":"n1","epoch":1,"request":"r1","jid":"1@s.whatsapp.net","oldest":{"whatsAppId":"A0","fromMe":false},"oldestAt":"2026-11-23T01:00:00.000Z","count":50}
            """);
        await Said(host, "markRead", """{"number":"n1","epoch":1,"jid":"1@s.whatsapp.net","messages":[{"whatsAppId":"A5"}]}""");
        await Said(host, "setPresence", """{"number":"n1","epoch":1,"jid":"1@s.whatsapp.net","state":"recording"}""");
        await Said(host, "acknowledge", """{"number":"n1","epoch":1,"cursor":{"host":"host-1","epoch":1,"sequence":42}}""");
    }

    [Fact]
    public async Task What_people_do_is_passed_on_and_nothing_answers_it()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        await host.Tell("presence", new { number = "n1", epoch = 1, jid = "1-2@g.us", participant = "3@lid", state = "composing" });

        var presence = await world.Presences.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(EngineWorld.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(new EnginePresence("n1", 1, "1-2@g.us", PresenceState.Composing, "3@lid"), presence);
        Assert.False(host.Has("acknowledge"));
    }

    [Theory]
    [InlineData("staleEpoch", null, EngineError.StaleEpoch)]
    [InlineData("notConnected", null, EngineError.NotConnected)]
    [InlineData("rejected", "not_on_whatsapp", EngineError.Rejected)]
    [InlineData("gone", null, EngineError.Gone)]
    [InlineData("unavailable", "disk_full", EngineError.Unavailable)]
    [InlineData("notSent", null, EngineError.NotSent)]
    [InlineData("somethingNew", null, EngineError.Unavailable)]
    public async Task A_fault_of_the_host_is_one_of_the_engines(string error, string? code, EngineError expected)
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        host.On("relay", _ => throw new LocalRpcException("It went wrong.") { ErrorCode = -32001, ErrorData = new FaultDetails(error, code) });

        var fault = await Fails(expected, () => world.Engine.Relay("n1", 1, "A", "1@s.whatsapp.net", [1], CancellationToken.None));

        Assert.Equal((code, "It went wrong."), (fault.Code, fault.Message));
    }

    [Fact]
    public async Task A_fault_that_the_host_did_not_expect_is_one_that_may_pass()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        host.On("prepare", _ => throw new InvalidOperationException("oops"));

        await Fails(EngineError.Unavailable, () => world.Engine.Prepare("n1", 1, new OutboundMessage
        {
            Kind = OutboundKind.Message, WhatsAppId = "A1", Jid = "1@s.whatsapp.net", Type = MessageType.Text,
        }, CancellationToken.None));
    }

    [Fact]
    public async Task A_callers_deadline_ends_a_call_that_the_host_does_not_answer()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        host.On("relay", _ => new TaskCompletionSource<object?>().Task);
        using var deadline = new CancellationTokenSource();

        var relaying = world.Engine.Relay("n1", 1, "A", "1@s.whatsapp.net", [1], deadline.Token);
        await host.Next("relay");
        await deadline.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => relaying);
    }

    [Fact]
    public async Task A_host_is_told_when_a_download_is_waited_for_no_longer()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        host.On("fetchMedia", _ => new TaskCompletionSource<object?>().Task);
        using var deadline = new CancellationTokenSource();

        var fetching = world.Engine.FetchMedia("n1", 1, new RemoteFile([5], "image/png", null, 12, null), "/tmp/file", 5000, deadline.Token);
        await host.Next("fetchMedia");
        await deadline.CancelAsync();

        Assert.Equal("fetchMedia", await host.NextTakenBack());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching);
    }

    [Fact]
    public async Task A_number_that_was_not_opened_in_time_is_closed_again()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        host.On("open", _ => new TaskCompletionSource<object?>().Task);
        using var deadline = new CancellationTokenSource();

        var opening = world.Engine.Open(EngineWorld.Opening("n2"), deadline.Token);
        await host.Next("open");
        await deadline.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        Assert.Equal("n2", (await host.Next("close")).GetProperty("number").GetString());
    }

    [Fact]
    public async Task A_delivery_succeeds_when_it_is_taken_and_fails_when_it_is_not()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        world.Taking = _ => throw new InvalidOperationException("no room for 4915112345678");
        var refused = await Assert.ThrowsAsync<RemoteInvocationException>(() => host.Deliver("n1", 1, 1, new EngineEvent.Opened("Ada")));
        world.Taking = _ => Task.CompletedTask;
        await host.Deliver("n1", 1, 1, new EngineEvent.Opened("Ada"), new EngineEvent.LinkScanned());

        Assert.DoesNotContain("4915112345678", refused.Message);
        var batch = await world.NextBatch();
        Assert.Equal(("n1", new EngineCursor("host-1", 1, 1)), (batch.Number, batch.First));
        Assert.Equal([new EngineEvent.Opened("Ada"), new EngineEvent.LinkScanned()], batch.Events);
        Assert.False(world.HasBatch);
    }

    [Fact]
    public async Task That_nobody_took_events_is_logged_with_where_it_failed_and_without_a_word_of_what_they_say()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        world.Taking = _ => throw new InvalidOperationException("no room for 'the flowers'", new FormatException("'the flowers' is no number"));

        await Assert.ThrowsAsync<RemoteInvocationException>(() => host.Deliver("n1", 1, 1, new EngineEvent.Opened("the flowers")));

        var line = await world.Log.Next("Nobody took 1 events of n1");
        Assert.Contains("System.InvalidOperationException\n   at ", line, StringComparison.Ordinal);
        Assert.Contains("System.FormatException", line, StringComparison.Ordinal);
        Assert.DoesNotContain("flowers", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_will_acknowledge_any_more_is_let_go_and_what_somebody_may_is_not()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst(epoch: 3);
        await host.Deliver("n1", 3, 1, new EngineEvent.Opened("Ada"));

        // Nobody has acknowledged it, and whoever owns the number still may.
        world.Epochs["n1"] = 3;
        await host.Deliver("n1", 3, 1, new EngineEvent.Opened("Ada"));
        await world.NextBatch();
        await world.NextBatch();

        world.Epochs["n1"] = 4;
        var over = await Assert.ThrowsAsync<RemoteInvocationException>(() => host.Deliver("n1", 3, 1, new EngineEvent.Opened("Ada")));
        Assert.Equal(EngineProtocol.EngineFault, over.ErrorCode);
        Assert.Equal("staleEpoch", ((JsonElement)over.ErrorData!).GetProperty("error").GetString());
        Assert.False(world.HasBatch);
        await world.Log.Next("its epoch 3 is over");

        var exception = await Assert.ThrowsAsync<EngineException>(() => world.Engine.SetPresence("n1", 3, "49@s.whatsapp.net", PresenceState.Paused, default));
        Assert.Equal(EngineError.NotConnected, exception.Error);
    }

    [Fact]
    public async Task What_was_told_under_an_epoch_below_the_one_that_opened_is_let_go_at_once()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst(epoch: 3);
        await world.Open("n1", 4);
        await host.Next("open");

        var over = await Assert.ThrowsAsync<RemoteInvocationException>(() => host.Deliver("n1", 3, 1, new EngineEvent.Closed(428)));
        Assert.Equal("staleEpoch", ((JsonElement)over.ErrorData!).GetProperty("error").GetString());
        Assert.False(world.HasBatch);

        // The end of the lower one is none of the higher one's.
        await world.Engine.SetPresence("n1", 4, "49@s.whatsapp.net", PresenceState.Paused, default).WaitAsync(EngineWorld.Patience);
    }

    [Fact]
    public async Task Numbers_are_delivered_side_by_side_and_may_command_meanwhile()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        await world.Open("n2");
        var held = new TaskCompletionSource();
        world.Taking = async batch =>
        {
            await world.Engine.Acknowledge(batch.Number, batch.Last, CancellationToken.None);
            await (batch.Number == "n1" ? held.Task : Task.CompletedTask);
        };

        var first = host.Deliver("n1", 1, 1, new EngineEvent.Opened(null));
        await host.Deliver("n2", 1, 1, new EngineEvent.Opened(null));
        Assert.False(first.IsCompleted);
        held.SetResult();

        await first;
    }

    [Fact]
    public async Task An_event_that_is_not_known_keeps_its_place_and_is_logged()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        await host.Deliver("n1", 1, 5, new object[]
        {
            new { type = "opened" }, new { type = "moonRose", phase = new { full = true } }, new { type = "closed", code = 515 },
        });

        var batch = await world.NextBatch();
        Assert.Equal([new EngineEvent.Opened(null), new EngineEvent.Unknown("moonRose"), new EngineEvent.Closed(515)], batch.Events);
        Assert.Equal(7, batch.Last.Sequence);
        Assert.Contains("moonRose", await world.Log.Next("which is not known here"));
    }

    [Theory]
    [InlineData("""{"type":"aliasLearned","phoneJid":"1@s.whatsapp.net"}""", "aliasLearned")]
    [InlineData("""{"type":"named","jid":"1@lid","name":null}""", "named")]
    [InlineData("""{"type":"named","jid":"1@lid","name":"half a smile \ud83d"}""", "named")]
    [InlineData("""{"type":"receiptReceived","jid":"1@lid","whatsAppIds":["A1"],"kind":"smelled","at":"2026-11-23T01:00:00.000Z"}""", "receiptReceived")]
    [InlineData("""{"type":"serverAcknowledged","whatsAppId":"A1","at":"the day before"}""", "serverAcknowledged")]
    [InlineData("""{"type":"messageReceived","message":{"whatsAppId":"A1","text":"secret"}}""", "messageReceived")]
    [InlineData("""{"type":"messageReceived","message":{"whatsAppId":"A1","jid":"1@g.us","participant":5,"fromMe":false,"text":"secret"}}""", "messageReceived")]
    [InlineData("""{"type":"\ud83d"}""", "")]
    [InlineData("""{"kind":"closed"}""", "")]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    public async Task An_event_that_cannot_be_read_keeps_its_place_and_the_others_are_taken(string json, string type)
    {
        var unreadable = Assert.IsType<EngineEvent.Unknown>(await BetweenOthers(json));

        Assert.Equal((type, null, false), (unreadable.Type, unreadable.Rest, unreadable.IsSecret));
        Assert.NotEmpty(unreadable.Why!);
        Assert.DoesNotContain("secret", unreadable.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"closed"}""", 428)]
    [InlineData("""{"type":"closed","code":4000000000}""", 428)]
    [InlineData("""{"type":"closed","code":402,"until":"some day"}""", 402)]
    public async Task A_connection_is_over_whatever_its_end_says(string json, int code)
    {
        var unreadable = Assert.IsType<EngineEvent.Unknown>(await BetweenOthers(json));

        Assert.Equal(new EngineEvent.Closed(code), unreadable.Rest);
    }

    [Fact]
    public async Task A_number_whose_end_cannot_be_read_has_left_its_host()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        await host.Deliver("n1", 1, 1, new object[] { new { type = "closed" } });

        await world.NextBatch();
        await Fails(EngineError.NotConnected, () => world.Engine.LogOut("n1", 1, CancellationToken.None));
    }

    [Fact]
    public async Task Changed_keys_that_cannot_be_read_are_known_to_be_keys()
    {
        var unreadable = Assert.IsType<EngineEvent.Unknown>(
            await BetweenOthers("""{"type":"credentialsChanged","changes":[{"name":"creds","value":"%%%"}]}"""));

        Assert.True(unreadable.IsSecret);
        Assert.Null(unreadable.Rest);
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_is_one_that_cannot_be_shown()
    {
        var unreadable = Assert.IsType<EngineEvent.Unknown>(await BetweenOthers("""
            {"type":"messageReceived","message":{"whatsAppId":"A1","jid":"1@g.us","fromMe":false,"participant":"2@lid","pushName":"Ada",
             "timestamp":"2026-11-23T01:00:00.000Z","type":"text","text":"half a smile \ud83d"}}
            """));

        var shown = Assert.IsType<EngineEvent.MessageReceived>(unreadable.Rest).Message;
        Assert.Equal(("A1", "1@g.us", "2@lid", "Ada", Now), (shown.WhatsAppId, shown.Jid, shown.Participant, shown.PushName, shown.Timestamp));
        Assert.Equal((MessageType.Unsupported, null), (shown.Type, shown.Text));
    }

    [Fact]
    public async Task Of_history_only_the_messages_that_cannot_be_read_are_not_shown_as_they_were()
    {
        const string identity = "\"jid\":\"1@lid\",\"fromMe\":false,\"type\":\"text\"";
        var unreadable = Assert.IsType<EngineEvent.Unknown>(await BetweenOthers($$"""
            {"type":"historyReceived","request":"r1","percent":1e9,"done":true,"messages":[
             {"whatsAppId":"A1",{{identity}},"timestamp":"2026-11-23T01:00:00.000Z","text":"one"},
             {"whatsAppId":"A2",{{identity}},"timestamp":"2026-11-23T01:00:00.000Z","text":"\ud83d"},
             {"whatsAppId":"A3",{{identity}},"timestamp":"yesterday","text":"three"}, null, 5]}
            """));

        var history = Assert.IsType<EngineEvent.HistoryReceived>(unreadable.Rest);
        Assert.Equal(("r1", true), (history.Request, history.Done));
        Assert.Equal(
            [("A1", MessageType.Text, "one"), ("A2", MessageType.Unsupported, null)],
            history.Messages.Select(message => (message.WhatsAppId, message.Type, message.Text)));
    }

    /// <summary>What is taken of an event that comes between two others, which are taken as they are.</summary>
    private static async Task<EngineEvent> BetweenOthers(string json)
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        await host.Deliver("n1", 1, 5, new object[] { new { type = "opened" }, new RawJson(json), new { type = "closed", code = 515 } });

        var batch = await world.NextBatch();
        Assert.Equal(7, batch.Last.Sequence);
        Assert.Equal([new EngineEvent.Opened(null), new EngineEvent.Closed(515)], [batch.Events[0], batch.Events[2]]);
        return batch.Events[1];
    }

    private static async Task<EngineException> Fails(EngineError error, Func<Task> call)
    {
        var fault = await Assert.ThrowsAsync<EngineException>(call);
        Assert.Equal(error, fault.Error);
        return fault;
    }

    private static CredentialEntry[] Many(int entries, int bytes) =>
        [.. Enumerable.Range(0, entries).Select(index => new CredentialEntry($"session/{index}.0", [.. Enumerable.Repeat((byte)index, bytes)]))];

    private static IEnumerable<CredentialEntry> Entries(JsonElement command) =>
        command.GetProperty("credentials").Deserialize<CredentialEntry[]>(EngineJson.Options)!;

    private static async Task Said(FakeHost host, string method, string json) =>
        Assert.Equal(json.Trim(), (await host.Next(method)).GetRawText());
}
