using Loopwave.Numbers;
using Loopwave.Storage.Mongo;
using Loopwave.Storage.Tests.Conformance;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>Processes that end, sleep or race in the middle of what has no transaction around it.</summary>
public sealed class MongoProcessTests : IAsyncDisposable
{
    private readonly MongoBackend _backend = MongoBackend.Create();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Whoever_takes_a_number_finishes_what_its_owner_left_half_done()
    {
        // Between any two writes behind the one that decides; before it there is nothing to finish.
        for (var write = 1; ; write++)
        {
            var owned = await Sample.OwnedNumber(_backend);
            var chat = Sample.Chat(owned.Id);
            var message = Sample.Message(chat, fromMe: true);
            var change = owned.Change() with
            {
                Chats = [chat], NewMessages = [message], Enqueued = [Sample.Queue(message, 2)], Events = [Sample.Event(message, 2)],
            };
            await using var other = (MongoBackend?)await _backend.CutBeforeWrite(write, () => _backend.Numbers.Commit(change, owned.Lane));
            if (other is null)
            {
                Assert.True(write >= 5, $"There were only {write} writes.");
                return;
            }

            Assert.Equal(owned.Epoch + 1, await other.Ownership.Claim(owned.Id, owned.Incarnation));

            Assert.NotNull(await other.Messages.Get(message.Id));
            Assert.NotNull(await other.Chats.Get(chat.Id));
            Assert.Equal([2], (await other.Numbers.Queue(owned.Id, 0, 10)).Select(row => row.Sequence));
            Assert.Single(await other.Outbox(owned.Id));
            Assert.Equal(CommitResult.StaleEpoch, await _backend.Numbers.Commit(owned.Change(), new CommitLane()));
        }
    }

    [Fact]
    public async Task A_process_that_slept_in_the_middle_of_a_commit_undoes_nothing_of_what_the_next_owner_did()
    {
        for (var write = 1; write <= 5; write++)
        {
            await using var next = await _backend.Another();
            var owned = await Sample.OwnedNumber(_backend);
            var chat = Sample.Chat(owned.Id);
            var message = Sample.Message(chat, fromMe: true);
            using var goOn = new ManualResetEventSlim();
            var asleep = _backend.HoldBeforeWrite(write, goOn);
            var commit = Task.Run(() => _backend.Numbers.Commit(
                owned.Change() with
                {
                    Chats = [chat with { UnreadCount = 1 }], NewMessages = [message], Enqueued = [Sample.Queue(message, 2)],
                    Events = [Sample.Event(message, 2)], Sent = [new(owned.Id, "A1", [1], Backend.Start)],
                },
                owned.Lane));
            await asleep;

            Assert.Null(await next.Ownership.Claim(owned.Id, await next.Incarnation()));
            await _backend.Ownership.Release(owned.Id, owned.Epoch);
            var epoch = await next.Ownership.Claim(owned.Id, await next.Incarnation());
            Assert.Equal([2], (await next.Numbers.Queue(owned.Id, 0, 10)).Select(row => row.Sequence));
            var sent = message with { Text = "sent", UpdatedAt = Backend.Start.AddSeconds(5) };
            Assert.Equal(CommitResult.Committed, await next.Numbers.Commit(
                new NumberChanges
                {
                    Number = owned.Id, Epoch = epoch!.Value, Sequence = 9, Chats = [chat with { UnreadCount = 0 }], ChangedMessages = [sent], Dequeued = [2],
                    Sent = [new(owned.Id, "A1", [2], Backend.Start)],
                },
                new CommitLane()));

            goOn.Set();
            await commit;

            Assert.Empty(await next.Numbers.Queue(owned.Id, 0, 10));
            Assert.Equal(0, await next.Numbers.QueueLength(owned.Id));
            Assert.Equal(0, (await next.Chats.Get(chat.Id))!.UnreadCount);
            Assert.Equal("sent", (await next.Messages.Get(message.Id))!.Text);
            Assert.Equal([2], await next.Sent.Find(owned.Id, "A1"));
            Assert.Single(await next.Outbox(owned.Id));
            Assert.Equal(CommitResult.StaleEpoch, await _backend.Numbers.Commit(owned.Change(), owned.Lane));
        }
    }

    [Fact]
    public async Task What_a_process_that_is_gone_had_to_itself_is_free_again_soon_and_its_number_goes_on()
    {
        var owned = await Sample.OwnedNumber(_backend);
        var contact = Sample.Contact(NewId.Party());
        var request = Sample.Idempotency("made");
        await using var other = (MongoBackend?)await _backend.CutBeforeWrite(
            1, () => _backend.Numbers.Commit(owned.Change() with { Contacts = [contact], Idempotency = [request] }, owned.Lane));
        Assert.NotNull(other);
        var second = await Sample.OwnedNumber(other);

        Assert.Equal(CommitResult.Committed, await other.Numbers.Commit(second.Change() with { Contacts = [contact], Idempotency = [request] }, second.Lane));
        Assert.Equal(CommitResult.Duplicate, await other.Numbers.Commit(owned.Change() with { Idempotency = [request] }, new CommitLane()));
        Assert.Equal(CommitResult.Committed, await other.Numbers.Commit(
            owned.Change() with { Contacts = [contact with { Version = 2, Name = "Amina Okafor" }] }, new CommitLane()));
        Assert.Equal("Amina Okafor", (await _backend.Contacts.Find([contact.Party]))[contact.Party].Name);
    }

    [Fact]
    public async Task What_a_process_that_is_gone_had_decided_is_finished_by_whoever_needs_the_same()
    {
        var owned = await Sample.OwnedNumber(_backend);
        var contact = Sample.Contact(NewId.Party());
        await using var other = (MongoBackend?)await _backend.CutBeforeWrite(
            2, () => _backend.Numbers.Commit(owned.Change() with { Contacts = [contact] }, owned.Lane));
        Assert.NotNull(other);
        var second = await Sample.OwnedNumber(other);

        Assert.Equal(CommitResult.Duplicate, await other.Numbers.Commit(second.Change() with { Contacts = [contact] }, second.Lane));
        Assert.Equal(contact.Id, (await other.Contacts.Find([contact.Party]))[contact.Party].Id);
        Assert.Equal(CommitResult.Committed, await other.Numbers.Commit(second.Change() with { Contacts = [contact with { Version = 2 }] }, new CommitLane()));
    }

    [Fact]
    public async Task Of_many_numbers_that_write_the_same_at_once_one_is_stored()
    {
        await using var other = await _backend.Another();
        var owners = new List<Owned>();
        for (var i = 0; i < 12; i++)
        {
            owners.Add(await Sample.OwnedNumber(_backend));
        }

        var contact = Sample.Contact(NewId.Party());
        var request = Sample.Idempotency("made");
        for (var version = 1; version <= 3; version++)
        {
            var results = await Task.WhenAll(owners.Select((owned, i) => (i % 2 == 0 ? _backend : other).Numbers.Commit(
                owned.Change() with { Contacts = [contact with { Version = version, Name = owned.Id }] }, new CommitLane())));
            Assert.Equal(1, results.Count(result => result is CommitResult.Committed));
            Assert.Equal(11, results.Count(result => result is CommitResult.Duplicate));
        }

        var requests = await Task.WhenAll(owners.Select((owned, i) => (i % 2 == 0 ? _backend : other).Numbers.Commit(
            owned.Change() with { Idempotency = [request with { Result = owned.Id }] }, new CommitLane())));
        var made = owners[Array.FindIndex(requests, result => result is CommitResult.Committed)];
        Assert.Single(requests, CommitResult.Committed);
        Assert.Equal(made.Id, (await other.Numbers.FindIdempotent(request.Key.Scope, request.Key.Key))!.Result);
    }

    [Fact]
    public async Task Merges_of_many_numbers_at_once_leave_every_party_one_step_from_its_end()
    {
        await using var other = await _backend.Another();
        var owners = new List<Owned>();
        for (var i = 0; i < 8; i++)
        {
            owners.Add(await Sample.OwnedNumber(_backend));
        }

        var parties = Enumerable.Range(0, 9).Select(_ => NewId.Party()).ToArray();
        await Task.WhenAll(owners.Select((owned, i) => (i % 2 == 0 ? _backend : other).Numbers.Commit(
            owned.Change() with { Merges = [new(parties[i], parties[i + 1])] }, new CommitLane())));

        var canonical = await other.Chats.Canonical(parties);
        Assert.Single(canonical.Values.Distinct());
    }

    [Fact]
    public async Task What_is_left_of_a_number_that_nobody_takes_any_more_is_finished_by_the_sweep()
    {
        var owned = await Sample.OwnedNumber(_backend);
        var message = Sample.Message(Sample.Chat(owned.Id));
        await using var other = (MongoBackend?)await _backend.CutBeforeWrite(
            1, () => _backend.Numbers.Commit(owned.Change() with { NewMessages = [message], Events = [Sample.Event(message, 2)] }, owned.Lane));
        Assert.NotNull(other);

        await Sweep(other);
        Assert.Empty(await other.Outbox(owned.Id));

        await Numbers(other).UpdateOneAsync(
            new BsonDocument("_id", owned.Id), new BsonDocument("$set", new BsonDocument(MongoRecord.Since, DateTime.UnixEpoch)));
        await Sweep(other);
        Assert.Single(await other.Outbox(owned.Id));
        Assert.NotNull(await other.Messages.Get(message.Id));
        Assert.Equal(0, await Numbers(other).CountDocumentsAsync(new BsonDocument(MongoRecord.Field, new BsonDocument("$exists", true))));
    }

    [Fact]
    public async Task A_commit_that_arrives_after_its_number_was_read_again_decides_nothing()
    {
        foreach (var isLoaded in new[] { true, false })
        {
            var owned = await Sample.OwnedNumber(_backend);
            var before = await Numbers(_backend).Find(new BsonDocument("_id", owned.Id)).SingleAsync();
            _backend.FailBeforeWrite(0);
            await Assert.ThrowsAsync<AskedFor>(() => _backend.Numbers.Commit(owned.Change(), owned.Lane));

            if (isLoaded)
            {
                await _backend.Numbers.Load(owned.Id);
            }
            else
            {
                var nothing = Sample.Message(Sample.Chat(owned.Id));
                await Assert.ThrowsAsync<InvalidOperationException>(() => _backend.Numbers.Commit(
                    owned.Change() with { ChangedMessages = [nothing] }, new CommitLane()));
            }

            var late = await Numbers(_backend).UpdateOneAsync(
                new BsonDocument { ["_id"] = owned.Id, ["epoch"] = before["epoch"], ["commits"] = before["commits"] },
                new BsonDocument("$set", new BsonDocument("commits", before["commits"].ToInt64() + 1)));
            Assert.Equal(0, late.MatchedCount);
            Assert.Equal(CommitResult.Committed, await _backend.Numbers.Commit(owned.Change(), new CommitLane()));
        }
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(5, false)]
    [InlineData(6, true)]
    [InlineData(1000, true)]
    public async Task A_change_that_is_larger_than_a_document_is_stored_as_a_whole_or_not_at_all(int write, bool isStored)
    {
        var owned = await Sample.OwnedNumber(_backend);
        var chat = Sample.Chat(owned.Id);
        var messages = Enumerable.Range(0, 18).Select(i => Sample.Message(chat) with { Text = new string((char)('a' + i), 1_000_000) }).ToArray();
        var change = owned.Change() with { Chats = [chat], NewMessages = messages };
        await using var cut = (MongoBackend?)await _backend.CutBeforeWrite(write, () => _backend.Numbers.Commit(change, owned.Lane));
        Assert.Equal(write < 1000, cut is not null);
        var process = cut ?? _backend;
        Assert.Equal(write < 1000, await process.Database.Collection(MongoCollections.RecordPart).Find(new BsonDocument()).AnyAsync());

        Assert.NotNull(await process.Ownership.Claim(owned.Id, owned.Incarnation));

        var stored = await process.Messages.Get([.. messages.Select(message => message.Id)]);
        Assert.Equal(isStored ? messages.Select(message => message.Text).Order() : [], stored.Select(message => message.Text).Order());
        Assert.Equal(isStored, await process.Chats.Get(chat.Id) is not null);
        Assert.False(await process.Database.Collection(MongoCollections.RecordPart).Find(new BsonDocument()).AnyAsync());
    }

    [Fact]
    public async Task A_process_that_starts_again_in_its_directory_takes_its_numbers_back_at_once()
    {
        var number = Sample.Number();
        await _backend.Numbers.Create(number, Sample.Transition(number.Id, 1), null);
        var (killed, again, elsewhere) = (In("a"), In("a"), In("b"));
        await killed.Register("silo-1/a", TimeSpan.FromMinutes(10));
        await elsewhere.Register("silo-2/a", TimeSpan.FromMinutes(10));
        Assert.Equal(1, await killed.Claim(number.Id, "silo-1/a"));
        Assert.Null(await elsewhere.Claim(number.Id, "silo-2/a"));

        await again.Register("silo-3/a", TimeSpan.FromMinutes(10));

        Assert.Equal(2, await again.Claim(number.Id, "silo-3/a"));
        Assert.False(await killed.Renew("silo-1/a", TimeSpan.FromMinutes(10)));
        Assert.True(await elsewhere.Renew("silo-2/a", TimeSpan.FromMinutes(10)));

        MongoOwnershipStore In(string home) => new(_backend.Database, _backend.Commits, home);
    }

    private static async Task Sweep(MongoBackend backend)
    {
        for (var shard = 0; shard < NumberRange.Shards; shard++)
        {
            await backend.Numbers.Started(NumberRange.OfShard(shard), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        }
    }

    private static IMongoCollection<BsonDocument> Numbers(MongoBackend backend) => backend.Database.Collection(MongoCollections.Number);
}
