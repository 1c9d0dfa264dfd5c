using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>Older messages: kept apart from live ones, whenever and in whatever order they come.</summary>
public sealed class HistoryTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Fact]
    public async Task History_is_shown_and_nothing_is_unread_counted_or_announced()
    {
        var sequence = await LastSequence();

        await Raise(History([From(Customer, "old 1") with { Timestamp = Now.AddDays(-2) }, From(Customer, "old 2") with { Timestamp = Now.AddDays(-1), FromMe = true }]));

        var chat = await Chat();
        Assert.Equal((0, "old 2", "Amina"), (chat.UnreadCount, chat.LastMessage!.Text, chat.Name));
        Assert.Equal(["old 2", "old 1"], (await Cluster.MessagesOf(Customer)).Select(message => message.Text));
        Assert.Equal(new NumberCounters(0, 0, 0), (await Cluster.View(Number)).Counters);
        Assert.Empty(await Events(sequence));
    }

    [Fact]
    public async Task History_that_comes_again_changes_nothing()
    {
        var history = History([From(Customer, "old") with { Timestamp = Now.AddDays(-1) }]);
        await Raise(history);

        await Raise(history, history);

        Assert.Single(await Cluster.MessagesOf(Customer));
    }

    [Fact]
    public async Task A_live_message_that_comes_again_as_history_stays_live()
    {
        var message = From(Customer, "now");
        await Receive(message);
        var sequence = await LastSequence();

        await Raise(History([message]));
        await Receive(message);

        Assert.Equal(1, (await Chat()).UnreadCount);
        Assert.Empty(await Events(sequence));
    }

    [Fact]
    public async Task A_message_of_history_that_arrives_live_is_announced_and_counted_once()
    {
        var message = From(Customer, "in both");
        await Raise(History([message]));
        var sequence = await LastSequence();
        var id = (await OnlyMessage()).Id;

        await Receive(message);
        await Receive(message, message);

        Assert.Equal(["message.created", "chats.updated"], (await Events(sequence)).Select(row => row.Event));
        Assert.Equal((id, 1, 1), ((await OnlyMessage()).Id, (await Chat()).UnreadCount, (await Cluster.View(Number)).Counters.ReceivedToday));
    }

    [Fact]
    public async Task Old_names_do_not_take_the_place_of_new_ones()
    {
        await Raise(History([From(Customer, "first") with { Timestamp = Now.AddDays(-1), PushName = "Old Name" }]));
        Assert.Equal("Old Name", (await Chat()).Name);
        await Receive(From(Customer, "now") with { PushName = "New Name" });

        await Raise(History([From(Customer, "older") with { Timestamp = Now.AddDays(-2), PushName = "Older Name" }]));

        Assert.Equal("New Name", (await Chat()).Name);
    }

    [Fact]
    public async Task The_import_after_linking_shows_its_progress_and_its_end()
    {
        Assert.Equal(HistoryState.None, (await Progress()).State);
        await Raise(new EngineEvent.HistoryReceived([], null, 40, false));
        Assert.Equal((HistoryState.Syncing, 40), Shown(await Progress()));

        await Raise(new EngineEvent.HistoryReceived([], null, 100, true));

        Assert.Equal((HistoryState.Done, 100), Shown(await Progress()));
    }

    [Fact]
    public async Task The_import_after_linking_ends_with_the_connection_and_goes_on_with_what_still_comes()
    {
        await Raise(new EngineEvent.HistoryReceived([], null, 40, false));

        await Raise(new EngineEvent.Closed(428));

        var ended = await Progress();
        Assert.Equal((HistoryState.Done, 40, "interrupted"), (ended.State, ended.Percent, ended.Reason!.Code));
        Cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        await Cluster.Reconnected(Number);
        await Raise(new EngineEvent.HistoryReceived([], null, 80, false));
        Assert.Equal((HistoryState.Syncing, 80), Shown(await Progress()));
        await Raise(new EngineEvent.HistoryReceived([], null, 100, true));
        ended = await Progress();
        Assert.Equal((HistoryState.Done, 100, null), (ended.State, ended.Percent, ended.Reason));
    }

    [Fact]
    public async Task The_import_after_linking_ends_two_minutes_after_its_last_part_and_goes_on_with_what_still_comes()
    {
        await Raise(new EngineEvent.HistoryReceived([], null, 40, false));
        Cluster.Clock.Advance(TimeSpan.FromSeconds(119));
        await Raise(new EngineEvent.HistoryReceived([], null, 60, false));
        Cluster.Clock.Advance(TimeSpan.FromSeconds(119));
        await Raise(new EngineEvent.HistoryReceived([From(Customer, "old") with { Timestamp = Now.AddDays(-1) }], null, null, false));
        Cluster.Clock.Advance(TimeSpan.FromSeconds(119));
        await Cluster.Number(Number).Ensure();
        Assert.Equal((HistoryState.Syncing, 60), Shown(await Progress()));

        Cluster.Clock.Advance(TimeSpan.FromSeconds(2));

        var ended = await Cluster.Eventually(Progress, progress => progress.State is HistoryState.Done);
        Assert.Equal((60, "interrupted"), (ended.Percent, ended.Reason!.Code));
        Assert.Contains("two minutes", ended.Reason.Message);
        await Raise(new EngineEvent.HistoryReceived([], null, 80, false));
        Assert.Equal((HistoryState.Syncing, 80), Shown(await Progress()));
        await Raise(new EngineEvent.HistoryReceived([], null, 100, true));
        Assert.Equal((HistoryState.Done, 100, null), ((ended = await Progress()).State, ended.Percent, ended.Reason));
    }

    [Fact]
    public async Task The_import_after_linking_says_at_its_end_that_a_part_could_not_be_had()
    {
        await Raise(new EngineEvent.HistoryReceived([], null, 40, false));

        await Raise(new EngineEvent.HistoryReceived([], null, 100, true, HistoryFailure.Lost));

        var ended = await Progress();
        Assert.Equal((HistoryState.Done, 40, "interrupted"), (ended.State, ended.Percent, ended.Reason!.Code));
        Assert.Contains("downloaded", ended.Reason.Message);
    }

    [Theory]
    [InlineData(HistoryFailure.Lost, "interrupted")]
    [InlineData(HistoryFailure.Unanswered, "phone_offline")]
    public async Task An_answer_that_could_not_be_had_is_not_counted_and_said_at_the_end(HistoryFailure failed, string reason)
    {
        await Receive([.. Enumerable.Range(0, 4).Select(_ => From(Any.Jid(), "hello"))]);
        await Cluster.Number(Number).SyncHistory(new HistoryRequest(null));
        var requests = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            requests.Add((await Cluster.Engine.NextHistoryRequest(Number)).Request);
        }

        await Raise(new EngineEvent.HistoryReceived([], requests[0], null, true, failed));
        Assert.Equal((HistoryState.Syncing, 0), Shown(await Progress()));
        await Raise([.. requests.Skip(1).Select(request => History([], request))]);

        var ended = await Progress();
        Assert.Equal((HistoryState.Done, 75, reason), (ended.State, ended.Percent, ended.Reason!.Code));
    }

    [Fact]
    public async Task What_comes_after_the_last_part_does_not_begin_the_import_again()
    {
        await Raise(new EngineEvent.HistoryReceived([], null, 100, true));

        await Raise(new EngineEvent.HistoryReceived([From(Customer, "with names") with { Timestamp = Now.AddDays(-1) }], null, null, false));
        await Raise(History([From(Customer, "late") with { Timestamp = Now.AddDays(-2) }], "nobody's"));

        Assert.Equal((HistoryState.Done, 100), Shown(await Progress()));
        Assert.Equal(["with names", "late"], (await Cluster.MessagesOf(Customer)).Select(message => message.Text));
    }

    [Fact]
    public async Task An_import_that_ended_does_not_wait_for_parts_any_more()
    {
        await Raise(new EngineEvent.HistoryReceived([], null, 40, false));
        await Raise(new EngineEvent.HistoryReceived([], null, 100, true));

        Cluster.Clock.Advance(TimeSpan.FromMinutes(3));
        await Receive(From(Customer, "later"));

        Assert.Equal((HistoryState.Done, 100, null), ((await Progress()).State, (await Progress()).Percent, (await Progress()).Reason));
    }

    [Fact]
    public async Task Older_messages_of_one_chat_are_asked_for_from_its_oldest()
    {
        var (oldest, newer) = (From(Customer, "oldest") with { Timestamp = Now.AddHours(-2) }, From(Customer, "newer"));
        await Receive(oldest, newer, From(Any.Jid(), "elsewhere") with { Timestamp = Now.AddDays(-9) });

        var answer = await Cluster.Number(Number).SyncHistory(new HistoryRequest((await Chat()).Id));

        Assert.Equal((HistoryState.Syncing, 0), Shown(answer.Value!.History));
        var request = await Cluster.Engine.NextHistoryRequest(Number);
        Assert.Equal((Customer, oldest.WhatsAppId, oldest.Timestamp, 50), (request.Jid, request.Oldest.WhatsAppId, request.OldestAt, request.Count));
        await Raise(History([From(Customer, "found") with { Timestamp = Now.AddDays(-1) }], request.Request, done: false));
        Assert.Equal((HistoryState.Syncing, 0), Shown(await Progress()));
        await Raise(History([From(Customer, "found too") with { Timestamp = Now.AddDays(-1.5) }], request.Request));
        Assert.Equal((HistoryState.Done, 100), Shown(await Progress()));
        Assert.Equal(["newer", "oldest", "found", "found too"], (await Cluster.MessagesOf(Customer)).Select(message => message.Text));
        Assert.Equal(2, (await Chat()).UnreadCount);
    }

    [Fact]
    public async Task Older_messages_of_all_chats_are_asked_for_and_progress_counts_the_chats()
    {
        var customers = Enumerable.Range(0, 4).Select(_ => Any.Jid()).ToList();
        await Receive([.. customers.Select(jid => From(jid, "hello"))]);

        await Cluster.Number(Number).SyncHistory(new HistoryRequest(null));

        var requests = new List<EngineHistoryRequest>();
        foreach (var _ in customers)
        {
            requests.Add(await Cluster.Engine.NextHistoryRequest(Number));
        }

        Assert.Equal(customers.Order(), requests.Select(request => request.Jid).Order());
        Assert.Equal(4, requests.Select(request => request.Request).Distinct().Count());
        await Raise(History([], requests[2].Request), History([], requests[2].Request));
        Assert.Equal((HistoryState.Syncing, 25), Shown(await Progress()));
        await Raise(History([], requests[0].Request), History([], requests[1].Request), History([], requests[3].Request));
        Assert.Equal((HistoryState.Done, 100), Shown(await Progress()));
    }

    [Fact]
    public async Task A_second_request_while_one_runs_is_refused_also_at_the_same_moment()
    {
        await Receive(From(Customer, "hello"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Cluster.Number(Number).SyncHistory(new HistoryRequest(null))));

        Assert.Single(answers, answer => answer.Value is not null);
        Assert.Equal(4, answers.Count(answer => answer.Refusal?.Code is RefusalCode.Conflict));
        var request = await Cluster.Engine.NextHistoryRequest(Number);
        Assert.False(Cluster.Engine.HasHistoryRequest(Number));
        await Raise(History([], request.Request));
        Assert.NotNull((await Cluster.Number(Number).SyncHistory(new HistoryRequest(null))).Value);
    }

    [Fact]
    public async Task A_phone_that_is_off_ends_it_with_a_reason_and_late_answers_are_still_kept()
    {
        await Receive(From(Customer, "hello"));
        await Cluster.Number(Number).SyncHistory(new HistoryRequest(null));
        var request = await Cluster.Engine.NextHistoryRequest(Number);

        // It begins to wait for the answer after it has asked.
        await Cluster.PassesUntil(async () => (await Progress()).State is HistoryState.Done, step: 10);
        Assert.Equal("phone_offline", (await Progress()).Reason!.Code);
        await Cluster.Number(Number).SyncHistory(new HistoryRequest(null));
        await Raise(History([From(Customer, "late") with { Timestamp = Now.AddDays(-1) }], request.Request));
        Assert.Equal(HistoryState.Syncing, (await Progress()).State);
        Assert.Equal(["hello", "late"], (await Cluster.MessagesOf(Customer)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_lost_connection_ends_it_at_once_and_it_can_be_asked_for_again()
    {
        await Receive(From(Customer, "hello"));
        await Cluster.Number(Number).SyncHistory(new HistoryRequest(null));
        await Cluster.Engine.NextHistoryRequest(Number);

        await Raise(new EngineEvent.Closed(428));

        var ended = await Progress();
        Assert.Equal((HistoryState.Done, "not_connected"), (ended.State, ended.Reason!.Code));
        Assert.Equal(RefusalCode.NoReadySession, (await Cluster.Number(Number).SyncHistory(new HistoryRequest(null))).Refusal!.Code);
        Cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        await Cluster.Reconnected(Number);
        Assert.NotNull((await Cluster.Number(Number).SyncHistory(new HistoryRequest(null))).Value);
    }

    [Fact]
    public async Task An_engine_that_cannot_ask_ends_it_with_a_reason()
    {
        await Receive(From(Customer, "hello"));
        Cluster.Engine.RequestingHistory = _ => throw new EngineException(EngineError.NotConnected, "No.");
        try
        {
            await Cluster.Number(Number).SyncHistory(new HistoryRequest(null));
            var ended = await Cluster.Eventually(Progress, progress => progress.State is HistoryState.Done);
            Assert.Equal("not_connected", ended.Reason!.Code);
        }
        finally
        {
            Cluster.Engine.RequestingHistory = _ => { };
        }
    }

    [Fact]
    public async Task Without_a_chat_there_is_nothing_to_ask_for()
    {
        await Cluster.Number(Number).SyncHistory(new HistoryRequest(null));

        var ended = await Cluster.Eventually(Progress, progress => progress.State is HistoryState.Done);
        Assert.Null(ended.Reason);
        Assert.Equal(RefusalCode.NotFound, (await Cluster.Number(Number).SyncHistory(new HistoryRequest("c_0000000000"))).Refusal!.Code);
        Assert.NotNull((await Cluster.Number(Number).SyncHistory(new HistoryRequest(null))).Value);
    }

    private static (HistoryState, int?) Shown(HistoryProgress progress) => (progress.State, progress.Percent);

    private static EngineEvent.HistoryReceived History(IReadOnlyList<InboundMessage> messages, string? request = null, bool done = true) =>
        new(messages, request, null, done);

    private async Task<HistoryProgress> Progress() => (await Cluster.View(Number)).History;
}
