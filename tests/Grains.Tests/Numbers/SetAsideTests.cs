using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>Events that nobody can do anything with do not keep the others waiting, and nothing else is passed over.</summary>
public sealed class SetAsideTests : IAsyncLifetime
{
    private const string Poison = "poison";
    private const string Metric = "loopwave_events_set_aside_total";

    private Func<NumberChanges, Func<Task<CommitResult>>, Task<CommitResult>> _commits = (_, commit) => commit();
    private LoopwaveCluster _cluster = null!;
    private Measurements _measured = null!;
    private string _number = null!;

    private DateTimeOffset Now => _cluster.Clock.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(new ClusterSetup { Commits = (changes, commit) => _commits(changes, commit) });
        _number = await _cluster.ReadyNumber();
        _measured = new Measurements(_cluster.Services);
    }

    public ValueTask DisposeAsync()
    {
        _measured.Dispose();
        return _cluster.DisposeAsync();
    }

    [Fact]
    public async Task What_cannot_be_read_is_passed_over_and_counted_once()
    {
        var batch = _cluster.Engine.Next(
            _number, Message("one"), new EngineEvent.Unknown("named", "It lacks a name."), new EngineEvent.Unknown("moonRose"), Message("two"));

        await _cluster.Engine.Repeat(batch);
        await _cluster.Engine.Repeat(batch);

        await Acknowledged(batch);
        Assert.Equal(["two", "one"], await Texts());
        Assert.Equal([("unreadable", 2)], Counted());
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_is_shown_as_one_that_cannot_be_shown_at_the_time_it_came()
    {
        var left = Any.Inbound("", default) with { Type = MessageType.Unsupported, Text = null };

        await _cluster.Engine.Raise(_number, new EngineEvent.Unknown("messageReceived", "Half a character.", new EngineEvent.MessageReceived(left)));

        var message = Assert.Single(await _cluster.MessagesOf(Any.Customer));
        Assert.Equal((MessageType.Unsupported, null, Now), (message.Type, message.Text, message.Timestamp));
        Assert.Equal([("unreadable", 1)], Counted());
    }

    [Fact]
    public async Task An_end_of_the_connection_that_cannot_be_read_is_one()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Unknown("closed", "It lacks a code.", new EngineEvent.Closed(428)));

        Assert.Equal(NumberStatus.Disconnected, (await _cluster.View(_number)).Status);
        await _cluster.ComesBack(_number);
        Assert.Equal([("unreadable", 1)], Counted());
    }

    [Fact]
    public async Task A_message_that_cannot_be_stored_is_shown_as_one_that_cannot_be_shown_once_the_whole_was_refused_several_times()
    {
        RefusePoison();
        var batch = _cluster.Engine.Next(_number, Message("before"), Message(Poison), Message("after"), new EngineEvent.Closed(428));

        Assert.Equal(5, await Refusals(batch));

        await Acknowledged(batch);
        Assert.Equal(["after", null, "before"], await Texts());
        Assert.Equal(MessageType.Unsupported, (await _cluster.MessagesOf(Any.Customer))[1].Type);
        Assert.Equal([("failed", 1)], Counted());
        await _cluster.ComesBack(_number);
        await _cluster.Engine.Raise(_number, Message("later"));
        Assert.Equal(["later", "after", null, "before"], await Texts());
    }

    [Fact]
    public async Task Of_history_that_cannot_be_stored_everything_else_is()
    {
        RefusePoison();
        var batch = _cluster.Engine.Next(
            _number, new EngineEvent.HistoryReceived([Any.Inbound("one", Now), Any.Inbound(Poison, Now), Any.Inbound("three", Now)], null, 100, Done: true));

        await Refusals(batch);

        await Acknowledged(batch);
        Assert.Equal(["one", "three", null], (await Texts()).OrderBy(text => text is null).ThenBy(text => text));
        Assert.Equal([("failed", 1)], Counted());
        Assert.Equal(HistoryState.Done, (await _cluster.View(_number)).History.State);
    }

    [Fact]
    public async Task What_cannot_be_stored_at_all_is_passed_over()
    {
        _commits = (changes, commit) => changes.NewMessages.Count > 0 ? throw new ArgumentException("No message ever.") : commit();
        var batch = _cluster.Engine.Next(_number, Message("one"), new EngineEvent.CredentialsChanged([new CredentialEntry("key", [9])]));

        await Refusals(batch);

        await Acknowledged(batch);
        Assert.Empty(await _cluster.ChatsOf(_number));
        Assert.Equal(2, Assert.IsType<CredentialsRead.Found>(await _cluster.Credentials.Load(_number)).Entries.Count);
        Assert.Equal([("failed", 1)], Counted());
    }

    [Fact]
    public async Task However_long_storage_is_away_nothing_is_passed_over()
    {
        var away = true;
        _commits = (_, commit) => away ? throw new StorageUnavailableException("The database is away.") : commit();
        var batch = _cluster.Engine.Next(_number, Message("one"), Message("two"));

        for (var offer = 0; offer < 12; offer++)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Repeat(batch));
        }

        away = false;
        await _cluster.Engine.Repeat(batch);

        await Acknowledged(batch);
        Assert.Equal(["two", "one"], await Texts());
        Assert.Empty(Counted());
    }

    [Fact]
    public async Task Storage_that_goes_away_while_events_are_taken_singly_takes_none_with_it_and_none_twice()
    {
        var (away, seen) = (false, 0);
        _commits = (changes, commit) =>
        {
            var texts = changes.NewMessages.Select(message => message.Text).ToList();
            away |= texts is ["two"] && seen++ == 0;
            return away ? throw new StorageUnavailableException("The database is away.")
                : texts.Contains(Poison) ? throw new ArgumentException("Not this one.") : commit();
        };
        var batch = _cluster.Engine.Next(_number, Message("one"), Message(Poison), Message("two"), Message("three"));

        Assert.Equal(6, await Refusals(batch, afterEach: () => away = false));

        await Acknowledged(batch);
        Assert.Equal(["three", "two", null, "one"], await Texts());
        Assert.Equal([("failed", 1)], Counted());
    }

    [Fact]
    public async Task Keys_that_cannot_be_read_close_the_number_for_a_reason_and_are_not_acknowledged()
    {
        var batch = _cluster.Engine.Next(
            _number, Message("before"), new EngineEvent.Unknown("credentialsChanged", "No base64.", IsSecret: true), Message("after"));

        await _cluster.Engine.Repeat(batch);

        var view = await _cluster.View(_number);
        Assert.Equal((NumberStatus.LoggedOut, "credentials_not_saved"), (view.Status, view.Reason!.Code));
        Assert.Equal("close", await _cluster.Engine.NextClose(_number));
        await NotAcknowledged(batch);
        Assert.Equal(["before"], await Texts());
        Assert.Empty(Counted());

        await _cluster.Number(_number).Reconnect();
        await _cluster.Reconnected(_number);
        await _cluster.Engine.Raise(_number, Message("after"), new EngineEvent.CredentialsChanged([new CredentialEntry("key", [9])]));
        Assert.Equal(["after", "before"], await Texts());
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(_number)).Status);
    }

    [Fact]
    public async Task An_attempt_to_link_whose_keys_cannot_be_read_begins_anew_and_links_no_device_without_them()
    {
        var number = (await _cluster.Numbers.Create(new NewNumber("Second", EngineKind.WhatsApp, Access.All))).Value!.Id;
        await _cluster.Number(number).Link(new LinkRequest(LinkMethod.Qr));
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(number)));
        await _cluster.Engine.NextOpen(number);
        var batch = _cluster.Engine.Next(
            number, new EngineEvent.LinkOffered("qr", null, Now.AddSeconds(60)), new EngineEvent.Linked(Any.Phone(), null, null),
            new EngineEvent.Unknown("credentialsChanged", "No base64.", IsSecret: true), new EngineEvent.Closed(515));

        await _cluster.Engine.Repeat(batch);

        Assert.Equal(batch.Last, await _cluster.Engine.NextAcknowledge(number));
        Assert.Null((await _cluster.View(number)).Phone);
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(number)));
        Assert.Null((await _cluster.Engine.NextOpen(number)).Credentials);
    }

    [Fact]
    public async Task A_device_is_linked_together_with_its_keys_even_beside_something_that_cannot_be_stored()
    {
        RefusePoison();
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(401));
        await _cluster.Eventually(() => _cluster.Credentials.Load(_number), read => read is CredentialsRead.Missing);
        await _cluster.Number(_number).Link(new LinkRequest(LinkMethod.Qr));
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(_number)));
        await _cluster.Engine.NextOpen(_number);
        var batch = _cluster.Engine.Next(
            _number, Message(Poison), new EngineEvent.Linked((await _cluster.View(_number)).Phone!, null, null),
            new EngineEvent.CredentialsChanged([new CredentialEntry("creds", [4])]), new EngineEvent.Closed(515));

        await Refusals(batch);

        await Acknowledged(batch);
        Assert.Equal([4], Assert.Single(Assert.IsType<CredentialsRead.Found>(await _cluster.Credentials.Load(_number)).Entries).Value!);
        await _cluster.ComesBack(_number);
        Assert.Equal([("failed", 1)], Counted());
    }

    private void RefusePoison() => _commits = (changes, commit) =>
        changes.NewMessages.Any(message => message.Text == Poison) ? throw new ArgumentException("Not this one.") : commit();

    private EngineEvent.MessageReceived Message(string text) => new(Any.Inbound(text, Now));

    private async Task<List<string?>> Texts() => [.. (await _cluster.MessagesOf(Any.Customer)).Select(message => message.Text)];

    /// <summary>Offers a batch until it is taken, as the engine does; how often it was not.</summary>
    private async Task<int> Refusals(EngineBatch batch, Action? afterEach = null)
    {
        for (var refusals = 0; refusals < 20; refusals++)
        {
            try
            {
                await _cluster.Engine.Repeat(batch);
                return refusals;
            }
            catch (Exception exception) when (exception is not TimeoutException)
            {
                afterEach?.Invoke();
            }
        }

        throw new TimeoutException("The batch is refused for ever.");
    }

    private async Task Acknowledged(EngineBatch batch)
    {
        while (await _cluster.Engine.NextAcknowledge(_number) != batch.Last)
        {
        }
    }

    private async Task NotAcknowledged(EngineBatch batch)
    {
        while (_cluster.Engine.HasAcknowledge(_number))
        {
            Assert.NotEqual(batch.Last, await _cluster.Engine.NextAcknowledge(_number));
        }
    }

    private List<(string Why, double Count)> Counted() =>
        [.. _measured.Observe(Metric).Where(one => one.Value > 0).Select(one => (one.Labels.Replace("engine=whatsapp,reason=", "", StringComparison.Ordinal), one.Value))];
}
