using System.Text.Json;
using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Testing.Storage;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>
/// What one commit of a number promises. Atomic: the sequence and counters, the number itself, its transitions, addresses,
/// merges, chats, contacts, messages, queue rows, media, outbox events and idempotency rows.
/// </summary>
public abstract class NumberCommitTests(Backend backend) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Everything_of_a_change_comes_back_as_it_was_written()
    {
        var owned = await Sample.OwnedNumber(backend);
        var everything = await Everything.Prepare(backend, owned);

        Assert.Equal(CommitResult.Committed, await backend.Numbers.Commit(everything.Change, owned.Lane));

        await everything.AssertStored(backend);
    }

    [Fact]
    public async Task A_change_is_atomic_whichever_write_it_fails_at()
    {
        for (var write = 0; ; write++)
        {
            var owned = await Sample.OwnedNumber(backend);
            var everything = await Everything.Prepare(backend, owned);
            var before = await everything.Snapshot(backend);
            backend.FailBeforeWrite(write);

            var error = await Record.ExceptionAsync(() => backend.Numbers.Commit(everything.Change, owned.Lane));

            if (!backend.Failed)
            {
                Assert.Null(error);
                Assert.True(write >= Everything.Parts, $"Only {write} writes for {Everything.Parts} parts.");
                return;
            }

            Assert.IsType<AskedFor>(error);
            await AssertAllOrNothing(backend, everything, before, write);
        }
    }

    [Fact]
    public async Task A_process_that_ends_between_any_two_writes_leaves_all_or_nothing()
    {
        for (var write = 0; ; write++)
        {
            var owned = await Sample.OwnedNumber(backend);
            var everything = await Everything.Prepare(backend, owned);
            var before = await everything.Snapshot(backend);

            var cut = await backend.CutBeforeWrite(write, () => backend.Numbers.Commit(everything.Change, owned.Lane));
            if (cut is null)
            {
                Assert.True(write >= Everything.Parts, $"Only {write} writes for {Everything.Parts} parts.");
                return;
            }

            await using (cut)
            {
                await AssertAllOrNothing(cut, everything, before, write);
            }
        }
    }

    /// <summary>What failed can be done again, or need not be: then it is refused as what it is, there already.</summary>
    private static async Task AssertAllOrNothing(Backend backend, Everything everything, string before, int write)
    {
        var isStored = await everything.Snapshot(backend) != before;
        Assert.False(isStored && !backend.KeepsWhatFailed, $"Something of what failed at write {write} is stored.");
        if (isStored)
        {
            await everything.AssertStored(backend);
        }

        Assert.Equal(
            isStored ? CommitResult.Duplicate : CommitResult.Committed, await backend.Numbers.Commit(everything.Change, new CommitLane()));
        await everything.AssertStored(backend);
    }

    [Fact]
    public async Task A_change_under_an_older_or_a_later_epoch_is_refused_and_changes_nothing()
    {
        var owned = await Sample.OwnedNumber(backend);
        var everything = await Everything.Prepare(backend, owned);
        var before = await everything.Snapshot(backend);

        Assert.Equal(CommitResult.StaleEpoch, await backend.Numbers.Commit(everything.Change with { Epoch = owned.Epoch - 1 }, new CommitLane()));
        Assert.Equal(CommitResult.StaleEpoch, await backend.Numbers.Commit(everything.Change with { Epoch = owned.Epoch + 1 }, new CommitLane()));
        Assert.Equal(before, await everything.Snapshot(backend));

        await backend.Ownership.Claim(owned.Id, owned.Incarnation);
        Assert.Equal(CommitResult.StaleEpoch, await backend.Numbers.Commit(everything.Change, new CommitLane()));
    }

    [Fact]
    public async Task The_sequence_never_falls()
    {
        var owned = await Sample.OwnedNumber(backend);
        await backend.Numbers.Commit(owned.Change() with { Sequence = 40 }, owned.Lane);
        await backend.Numbers.Commit(owned.Change() with { Sequence = 30 }, owned.Lane);
        Assert.Equal(40, (await backend.Numbers.Load(owned.Id))!.Sequence);
    }

    [Fact]
    public async Task Commits_of_one_lane_are_applied_in_the_order_given()
    {
        var owned = await Sample.OwnedNumber(backend);
        var commits = Enumerable.Range(0, 300).Select(i => backend.Numbers.Commit(
            owned.Change() with { Document = owned.Document with { Label = i.ToString() } }, owned.Lane)).ToList();

        Assert.All(await Task.WhenAll(commits), result => Assert.Equal(CommitResult.Committed, result));
        Assert.Equal("299", (await backend.Numbers.Load(owned.Id))!.Document.Label);
    }

    [Fact]
    public async Task After_a_commit_that_threw_all_later_ones_of_its_lane_fail_and_other_lanes_go_on()
    {
        var owned = await Sample.OwnedNumber(backend);
        var other = await Sample.OwnedNumber(backend);
        backend.FailBeforeWrite(0);

        var broken = backend.Numbers.Commit(owned.Change(), owned.Lane);
        var behind = backend.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "lost" } }, owned.Lane);
        var elsewhere = backend.Numbers.Commit(other.Change() with { Document = other.Document with { Label = "kept" } }, other.Lane);

        await Assert.ThrowsAsync<AskedFor>(() => broken);
        await Assert.ThrowsAsync<Deployment.StorageUnavailableException>(() => behind);
        Assert.Equal(CommitResult.Committed, await elsewhere);
        Assert.True(owned.Lane.IsBroken);
        Assert.Equal("Support", (await backend.Numbers.Load(owned.Id))!.Document.Label);
        Assert.Equal("kept", (await backend.Numbers.Load(other.Id))!.Document.Label);
        Assert.Equal(CommitResult.Committed, await backend.Numbers.Commit(owned.Change(), new CommitLane()));
    }

    [Fact]
    public async Task What_is_queued_behind_a_refused_commit_of_its_lane_fails_since_it_may_build_on_it()
    {
        var owned = await Sample.OwnedNumber(backend);
        var refused = backend.Numbers.Commit(owned.Change() with { Epoch = 99 }, owned.Lane);
        var behind = backend.Numbers.Commit(owned.Change(), owned.Lane);

        Assert.Equal(CommitResult.StaleEpoch, await refused);
        await Assert.ThrowsAsync<Deployment.StorageUnavailableException>(() => behind);
    }

    [Fact]
    public async Task Only_the_newest_200_transitions_are_kept()
    {
        var owned = await Sample.OwnedNumber(backend);
        var entries = Enumerable.Range(2, 260).Select(sequence => Sample.Transition(owned.Id, sequence)).ToList();
        await backend.Numbers.Commit(owned.Change() with { Timeline = entries }, owned.Lane);
        await backend.Numbers.Commit(owned.Change() with { Timeline = [Sample.Transition(owned.Id, 262)] }, owned.Lane);

        var timeline = await backend.Numbers.Timeline(owned.Id);

        Assert.Equal(Enumerable.Range(63, 200).Reverse().Select(sequence => (long)sequence), timeline.Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task Queue_rows_come_in_order_of_acceptance_and_leave_when_they_are_done()
    {
        var owned = await Sample.OwnedNumber(backend);
        var other = await Sample.OwnedNumber(backend);
        var chat = Sample.Chat(owned.Id);
        var rows = new[] { 30L, 10, 20 }.Select(sequence => Sample.Queue(Sample.Message(chat, fromMe: true), sequence)).ToList();
        await backend.Numbers.Commit(owned.Change() with { Enqueued = rows }, owned.Lane);
        await backend.Numbers.Commit(other.Change() with { Enqueued = [Sample.Queue(Sample.Message(Sample.Chat(other.Id)), 10)] }, other.Lane);

        Assert.Equal([10, 20, 30], (await backend.Numbers.Queue(owned.Id, 0, 100)).Select(row => row.Sequence));
        Assert.Equal([20], (await backend.Numbers.Queue(owned.Id, 10, 1)).Select(row => row.Sequence));
        Assert.Equal(3, await backend.Numbers.QueueLength(owned.Id));
        Assert.Equal(3, (await backend.Numbers.Load(owned.Id))!.Queued);

        await backend.Numbers.Commit(owned.Change() with { Dequeued = [10, 30] }, owned.Lane);
        Assert.Equal([20], (await backend.Numbers.Queue(owned.Id, 0, 100)).Select(row => row.Sequence));
        Assert.Equal(1, await backend.Numbers.QueueLength(other.Id));
    }

    [Fact]
    public async Task A_change_of_something_that_is_not_there_is_a_mistake_and_changes_nothing()
    {
        var owned = await Sample.OwnedNumber(backend);
        var message = Sample.Message(Sample.Chat(owned.Id));
        await Assert.ThrowsAsync<InvalidOperationException>(() => backend.Numbers.Commit(
            owned.Change() with { ChangedMessages = [message], Sequence = 77 }, new CommitLane()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => backend.Numbers.Commit(
            owned.Change() with { ChangedQueue = [Sample.Queue(message, 5)], Sequence = 77 }, new CommitLane()));
        Assert.Equal(1, (await backend.Numbers.Load(owned.Id))!.Sequence);
    }

    [Fact]
    public async Task A_request_that_was_carried_out_is_refused_with_everything_that_came_with_it()
    {
        var owned = await Sample.OwnedNumber(backend);
        var chat = Sample.Chat(owned.Id);
        var (first, second) = (Sample.Message(chat, fromMe: true), Sample.Message(chat, fromMe: true));
        var request = Sample.Idempotency(first.Id);
        await backend.Numbers.Commit(owned.Change() with { Chats = [chat], NewMessages = [first], Idempotency = [request] }, owned.Lane);

        var repeat = owned.Change() with
        {
            NewMessages = [second], Enqueued = [Sample.Queue(second, 3)], Events = [Sample.Event(second, 3)],
            Idempotency = [request with { Result = second.Id, At = Backend.Start.AddHours(23) }],
        };
        Assert.Equal(CommitResult.Duplicate, await backend.Numbers.Commit(repeat, new CommitLane()));
        Assert.Null(await backend.Messages.Get(second.Id));
        Assert.Equal(0, await backend.Numbers.QueueLength(owned.Id));
        Assert.Empty(await backend.Outbox(owned.Id));

        repeat = repeat with { Idempotency = [request with { Result = second.Id, At = Backend.Start.AddHours(24) }] };
        Assert.Equal(CommitResult.Committed, await backend.Numbers.Commit(repeat, new CommitLane()));
        Assert.NotNull(await backend.Messages.Get(second.Id));
    }

    [Fact]
    public async Task Events_stay_in_the_order_of_their_commits()
    {
        var owned = await Sample.OwnedNumber(backend);
        var chat = Sample.Chat(owned.Id);
        var events = Enumerable.Range(1, 5).Select(i => Sample.Event(Sample.Message(chat), i)).ToList();
        await backend.Numbers.Commit(owned.Change() with { Events = events[..2] }, owned.Lane);
        await backend.Numbers.Commit(owned.Change() with { Events = events[2..] }, owned.Lane);

        Assert.Equal(events.Select(item => item.Id), (await backend.Outbox(owned.Id)).Select(item => item.Id));
    }

    /// <summary>A change that uses every field of <see cref="NumberChanges"/>, on top of what it changes.</summary>
    private sealed class Everything
    {
        public required NumberChanges Change { get; init; }

        public static int Parts { get; } = typeof(NumberChanges).GetProperties()
            .Count(property => property.Name is not (nameof(NumberChanges.Number) or nameof(NumberChanges.Epoch) or nameof(NumberChanges.Sequence)));

        public static async Task<Everything> Prepare(Backend backend, Owned owned)
        {
            var old = Sample.Chat(owned.Id);
            var changed = Sample.Message(old, fromMe: true);
            var done = Sample.Message(old, fromMe: true);
            Assert.Equal(CommitResult.Committed, await backend.Numbers.Commit(
                owned.Change() with
                {
                    Chats = [old], NewMessages = [changed, done], Enqueued = [Sample.Queue(changed, 10), Sample.Queue(done, 11)],
                },
                owned.Lane));

            var chat = Filled.Of<ChatDocument>() with { Number = owned.Id, MergedInto = null };
            var message = Filled.Of<MessageDocument>() with { Number = owned.Id, Chat = chat.Id };
            var everything = new Everything
            {
                Change = owned.Change() with
                {
                    Sequence = 50,
                    Document = Filled.Of<NumberDocument>() with { Id = owned.Id, Engine = owned.Document.Engine, CreatedAt = owned.Document.CreatedAt },
                    Day = new DayCounters(new DateOnly(2026, 6, 29), 3, 4),
                    Timeline = [new TimelineEntry(owned.Id, 20, Filled.Of<NumberTransition>())],
                    Aliases = [new PartyAlias(Sample.Jid(), chat.Party)],
                    Merges = [new PartyMerge(NewId.Party(), chat.Party)],
                    Chats = [chat, old with { UnreadCount = 9 }],
                    Contacts = [Filled.Of<ContactDocument>() with { Version = 1, Party = chat.Party, MergedInto = null }],
                    NewMessages = [message],
                    ChangedMessages = [Filled.Of<MessageDocument>() with { Id = changed.Id, Number = owned.Id, Chat = old.Id }],
                    Enqueued = [Filled.Of<QueueItem>() with { Number = owned.Id, Sequence = 12 }],
                    ChangedQueue = [Filled.Of<QueueItem>() with { Number = owned.Id, Sequence = 10 }],
                    Dequeued = [11],
                    Sent = [Filled.Of<SentBytes>() with { Number = owned.Id, At = Backend.Start }],
                    Media = [Filled.Of<MediaDocument>()],
                    Events = [Filled.Of<OutboxEvent>() with { Number = owned.Id }],
                    Idempotency = [Filled.Of<IdempotencyRecord>() with { At = Backend.Start }],
                },
            };
            foreach (var property in typeof(NumberChanges).GetProperties())
            {
                var value = property.GetValue(everything.Change);
                Assert.False(value is null or System.Collections.ICollection { Count: 0 }, $"{property.Name} is not part of the test.");
            }

            return everything;
        }

        /// <summary>Everything that the change touches, as the ports show it.</summary>
        public async Task<string> Snapshot(Backend backend)
        {
            var seen = new object?[]
            {
                await backend.Numbers.Load(Change.Number) is { } stored ? stored with { OwnerAlive = false } : null,
                await backend.Numbers.Timeline(Change.Number),
                await backend.Numbers.Queue(Change.Number, 0, 100),
                await backend.Outbox(Change.Number),
                await backend.Chats.Parties([.. Change.Aliases.Select(alias => alias.Jid)]),
                await backend.Chats.Canonical([.. Change.Merges.Select(merge => merge.From)]),
                await Task.WhenAll(Change.Chats.Select(chat => backend.Chats.Get(chat.Id))),
                await backend.Contacts.Find([.. Change.Contacts.Select(contact => contact.Party)]),
                await Task.WhenAll(Change.NewMessages.Concat(Change.ChangedMessages).Select(message => backend.Messages.Get(message.Id))),
                await backend.Sent.Find(Change.Sent[0].Number, Change.Sent[0].WhatsAppId),
                await backend.Media.Get([.. Change.Media.Select(media => media.Id)]),
                await Task.WhenAll(Change.Idempotency.Select(record => backend.Numbers.FindIdempotent(record.Key.Scope, record.Key.Key))),
            };
            return JsonSerializer.Serialize(seen);
        }

        public async Task AssertStored(Backend backend)
        {
            var stored = await backend.Numbers.Load(Change.Number);
            Assert.Equivalent(Change.Document, stored!.Document, strict: true);
            Assert.Equal((Change.Sequence, Change.Day), (stored.Sequence, stored.Day));
            Assert.Equivalent(Change.Timeline[0], (await backend.Numbers.Timeline(Change.Number))[0], strict: true);
            var queue = await backend.Numbers.Queue(Change.Number, 0, 100);
            Assert.Equivalent(new[] { Change.ChangedQueue[0], Change.Enqueued[0] }, queue, strict: true);
            Assert.Equivalent(Change.Events, await backend.Outbox(Change.Number), strict: true);
            Assert.Equal(Change.Aliases[0].Party, (await backend.Chats.Parties([Change.Aliases[0].Jid])).Values.Single());
            Assert.Equal(Change.Merges[0].Into, (await backend.Chats.Canonical([Change.Merges[0].From]))[Change.Merges[0].From]);
            foreach (var chat in Change.Chats)
            {
                Assert.Equivalent(chat, await backend.Chats.Get(chat.Id), strict: true);
            }

            var contacts = await backend.Contacts.Find([Change.Contacts[0].Party]);
            Assert.Equivalent(Change.Contacts[0], contacts.Values.Single(), strict: true);
            foreach (var message in Change.NewMessages.Concat(Change.ChangedMessages))
            {
                Assert.Equivalent(message, await backend.Messages.Get(message.Id), strict: true);
            }

            Assert.Equal(Change.Sent[0].Bytes, await backend.Sent.Find(Change.Number, Change.Sent[0].WhatsAppId));
            Assert.Equivalent(Change.Media[0], (await backend.Media.Get([Change.Media[0].Id])).Values.Single(), strict: true);
            Assert.Equal(Change.Idempotency[0], await backend.Numbers.FindIdempotent(Change.Idempotency[0].Key.Scope, Change.Idempotency[0].Key.Key));
        }
    }
}
