using Loopwave.Chats;
using Loopwave.Deployment;
using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>Two processes of a cluster on one database, at the same time.</summary>
public sealed class SharedTests : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private readonly PostgresBackend _a = PostgresBackend.Create();
    private readonly PostgresBackend _b;

    public SharedTests() => _b = _a.Another();

    public async ValueTask DisposeAsync()
    {
        await _b.DisposeAsync();
        await _a.DisposeAsync();
    }

    [Fact]
    public async Task Of_two_processes_that_race_for_numbers_each_number_has_one_owner()
    {
        await _a.Ownership.Register("a", Long);
        await _b.Ownership.Register("b", Long);
        var numbers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => NewNumber()));

        var claims = await Task.WhenAll(numbers.Select(async number =>
        {
            var (a, b) = (_a.Ownership.Claim(number, "a"), _b.Ownership.Claim(number, "b"));
            return (A: await a, B: await b);
        }));

        Assert.All(claims, claim => Assert.Equal([1L], new[] { claim.A, claim.B }.OfType<long>()));
    }

    [Fact]
    public async Task Of_two_processes_that_find_a_third_one_late_one_takes_the_number_and_nobody_takes_it_from_that_one()
    {
        for (var round = 0; round < 30; round++)
        {
            var (late, a, b) = ($"late {round}", $"a {round}", $"b {round}");
            var number = await NewNumber();
            await _a.Ownership.Register(late, Long);
            await _a.Ownership.Claim(number, late);
            await _a.Ownership.Register(a, Long);
            await _b.Ownership.Register(b, Long);
            await _a.ExpireLease(late);

            var claims = await Task.WhenAll(_a.Ownership.Claim(number, a), _b.Ownership.Claim(number, b));

            Assert.Equal([2L], claims.OfType<long>());
            Assert.False(await _a.Ownership.Renew(late, Long));
        }
    }

    [Fact]
    public async Task An_owner_that_renews_just_in_time_keeps_its_numbers_or_is_shut_out_for_good()
    {
        for (var round = 0; round < 30; round++)
        {
            var (owner, other) = ($"owner {round}", $"other {round}");
            var number = await NewNumber();
            await _a.Ownership.Register(owner, Long);
            await _b.Ownership.Register(other, Long);
            await _a.Ownership.Claim(number, owner);
            await _a.ExpireLease(owner);

            var renewal = _a.Ownership.Renew(owner, Long);
            var claim = _b.Ownership.Claim(number, other);

            Assert.NotEqual(await renewal, await claim is not null);
        }
    }

    [Fact]
    public async Task What_a_number_writes_while_it_is_taken_over_is_there_when_the_takeover_returns_or_never()
    {
        for (var round = 0; round < 12; round++)
        {
            var owned = await Owned(_a);
            var chat = Sample.Chat(owned.Id);
            await _a.Numbers.Commit(owned.Change() with { Chats = [chat] }, owned.Lane);
            var other = $"other {round}";
            await _b.Ownership.Register(other, Long);

            // Several at once, each with a lane of its own, so that a refusal of one says nothing about the next.
            var writes = Enumerable.Range(0, 5).Select(_ => Task.Run(() => WriteUntilRefused(owned, chat))).ToList();
            await WaitForMessages(chat, round);
            await ShutOut(owned);
            var epoch = await _b.Ownership.Claim(owned.Id, other);
            var seen = await Stored(chat);
            var committed = (await Task.WhenAll(writes)).SelectMany(ids => ids).Order(StringComparer.Ordinal).ToList();

            Assert.Equal(owned.Epoch + 1, epoch);
            Assert.Equal(committed, seen);
            Assert.Equal(committed, await Stored(chat));
            Assert.Equal(committed.Count, (await _b.Outbox(owned.Id)).Count);
        }
    }

    [Fact]
    public async Task A_takeover_waits_for_a_commit_that_has_passed_the_epoch_already()
    {
        var owned = await Owned(_a);
        await _b.Ownership.Register("other", Long);
        var (reached, goOn) = (new TaskCompletionSource(), new ManualResetEventSlim());
        _a.Writes.OnCommitting = () =>
        {
            reached.TrySetResult();
            goOn.Wait(TimeSpan.FromSeconds(20));
        };
        var commit = _a.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "late" } }, owned.Lane);
        await reached.Task;
        await ShutOut(owned);

        var claim = _b.Ownership.Claim(owned.Id, "other");
        await _b.AwaitLock(claim);
        goOn.Set();

        Assert.Equal(CommitResult.Committed, await commit);
        Assert.Equal(owned.Epoch + 1, await claim);
        Assert.Equal("late", (await _b.Numbers.Load(owned.Id))!.Document.Label);
    }

    [Fact]
    public async Task Numbers_are_claimed_while_a_commit_of_another_one_is_held_up()
    {
        var owned = await Owned(_a);
        await _a.Ownership.Register("mine", Long);
        var numbers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => NewNumber()));
        var (reached, goOn) = (new TaskCompletionSource(), new ManualResetEventSlim());
        _a.Writes.OnCommitting = () =>
        {
            _a.Writes.OnCommitting = null;
            reached.TrySetResult();
            goOn.Wait(TimeSpan.FromSeconds(20));
        };
        var commit = _a.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "held up" } }, owned.Lane);
        await reached.Task;

        var epochs = await Task.WhenAll(numbers.Select(number => _a.Ownership.Claim(number, "mine")));

        Assert.All(epochs, epoch => Assert.Equal(1, epoch));
        Assert.False(commit.IsCompleted);
        goOn.Set();
        Assert.Equal(CommitResult.Committed, await commit);
    }

    [Fact]
    public async Task A_number_that_is_claimed_anew_is_read_behind_what_was_given_before_and_that_is_refused()
    {
        var first = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => Owned(_a)));
        var owners = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Owned(_a)));
        await _a.Ownership.Register("anew", Long);
        await Task.WhenAll(owners.Select(ShutOut));
        var (busy, goOn) = (new CountdownEvent(4), new ManualResetEventSlim());
        _a.Writes.OnCommitting = () =>
        {
            if (!goOn.IsSet && Thread.CurrentThread.Name != "postgres claims")
            {
                busy.Signal();
                goOn.Wait(TimeSpan.FromSeconds(20));
            }
        };
        var before = first.Select(owned => _a.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "before" } }, owned.Lane)).ToList();
        Assert.True(busy.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken), "All writers are at work.");

        var late = owners.Select(owned => _a.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "late" } }, owned.Lane)).ToList();
        var claims = await Task.WhenAll(owners.Select(owned => _a.Ownership.Claim(owned.Id, "anew")));
        var reads = owners.Select(owned => _a.Numbers.Load(owned.Id)).ToList();
        Assert.All(late.Concat<Task>(reads), task => Assert.False(task.IsCompleted));
        goOn.Set();

        Assert.Equal(owners.Select(owned => (long?)owned.Epoch + 1), claims);
        Assert.All(await Task.WhenAll(before), result => Assert.Equal(CommitResult.Committed, result));
        Assert.All(await Task.WhenAll(late), result => Assert.Equal(CommitResult.StaleEpoch, result));
        Assert.All(await Task.WhenAll(reads), stored => Assert.NotEqual("late", stored!.Document.Label));
    }

    [Fact]
    public async Task Secrets_of_the_installation_are_the_same_for_all_who_start_together()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            (i % 2 == 0 ? _a : _b).Deployment.EnsureSetting("secret", "value " + i)));
        Assert.Single(made.Distinct());
    }

    [Fact]
    public async Task Parties_that_numbers_find_to_be_one_at_the_same_time_are_one_step_from_their_end()
    {
        for (var round = 0; round < 15; round++)
        {
            var parties = Enumerable.Range(0, 6).Select(_ => NewId.Party()).ToArray();
            var owners = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Owned(i % 2 == 0 ? _a : _b)));

            // A circle, so that the last one closes on what the others did.
            var commits = await Task.WhenAll(owners.Select((owned, i) => (i % 2 == 0 ? _a : _b).Numbers.Commit(
                owned.Change() with { Merges = [new(parties[i], parties[(i + 1) % 6])] }, owned.Lane)));

            Assert.All(commits, result => Assert.Equal(CommitResult.Committed, result));
            Assert.Single((await _a.Chats.Canonical(parties)).Values.Distinct());
        }
    }

    [Fact]
    public async Task Numbers_that_write_the_same_contacts_in_any_order_hold_nobody_up()
    {
        var contacts = Enumerable.Range(0, 8).Select(_ => Sample.Contact(NewId.Party())).ToList();
        var first = await Sample.OwnedNumber(_a);
        await _a.Numbers.Commit(first.Change() with { Contacts = contacts }, first.Lane);
        var owners = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Owned(i % 2 == 0 ? _a : _b)));
        for (var version = 2; version < 8; version++)
        {
            var random = new Random(version);
            var results = await Task.WhenAll(owners.Select((owned, i) =>
            {
                var shuffled = contacts.ToArray();
                random.Shuffle(shuffled);
                return (i % 2 == 0 ? _a : _b).Numbers.Commit(
                    owned.Change() with { Contacts = [.. shuffled.Select(contact => contact with { Version = version, Name = owned.Id })] }, new CommitLane());
            }));

            // One of them was first with all of them; the others know less than what is stored.
            Assert.Single(results, result => result is CommitResult.Committed);
            Assert.Single((await _a.Contacts.Find([.. contacts.Select(contact => contact.Party)])).Values.Select(contact => contact.Name).Distinct());
        }
    }

    [Fact]
    public async Task A_process_that_freezes_in_the_middle_of_a_commit_holds_its_rows_for_seconds_only()
    {
        var owned = await Owned(_a);
        await _b.Ownership.Register("other", Long);
        var (reached, goOn) = (new TaskCompletionSource(), new ManualResetEventSlim());
        _a.Writes.OnCommitting = () =>
        {
            reached.TrySetResult();
            goOn.Wait(TimeSpan.FromMinutes(1));
        };
        var frozen = _a.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "never" } }, owned.Lane);
        await reached.Task;
        await ShutOut(owned);

        long? epoch = null;
        for (var attempt = 0; epoch is null && attempt < 10; attempt++)
        {
            try
            {
                epoch = await _b.Ownership.Claim(owned.Id, "other");
            }
            catch (StorageUnavailableException)
            {
                // The row is still held.
            }
        }

        goOn.Set();
        Assert.Equal(owned.Epoch + 1, epoch);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => frozen);
        _a.Writes.OnCommitting = null;
        Assert.Equal("Support", (await _a.Numbers.Load(owned.Id))!.Document.Label);
    }

    [Fact]
    public async Task Characters_that_PostgreSQL_cannot_store_keep_no_message_out()
    {
        var owned = await Sample.OwnedNumber(_a);
        var chat = Sample.Chat(owned.Id) with { Name = "Ze\0ro \ud83d half \ud83d\ude00" };
        var message = Sample.Message(chat, whatsAppId: "3EB0\0") with { Text = "A\0B\ud83d" };

        Assert.Equal(CommitResult.Committed, await _a.Numbers.Commit(owned.Change() with { Chats = [chat], NewMessages = [message] }, owned.Lane));

        Assert.Equal(message.Id, Assert.Single(await _a.Messages.FindByWhatsAppId(owned.Id, ["3EB0\0"])).Id);
        Assert.Equal(CommitResult.Duplicate, await _a.Numbers.Commit(
            owned.Change() with { NewMessages = [message with { Id = NewId.Message(Backend.Start) }] }, new CommitLane()));
        var found = await _a.Chats.List(new ChatQuery(new ChatFilter(Search: "\ud83d\ude00"), new PageRequest(), Access.All));
        Assert.Equal(chat.Id, Assert.Single(found.Data).Id);
    }

    /// <summary>A number with an owner of its own.</summary>
    private static async Task<Owned> Owned(PostgresBackend process)
    {
        var (number, incarnation) = (Sample.Number(), "silo-" + NewId.Key());
        await process.Numbers.Create(number, Sample.Transition(number.Id, 1), null);
        await process.Ownership.Register(incarnation, Long);
        return new Owned(number, incarnation, (await process.Ownership.Claim(number.Id, incarnation))!.Value);
    }

    private async Task<string> NewNumber()
    {
        var number = Sample.Number();
        await _a.Numbers.Create(number, Sample.Transition(number.Id, 1), null);
        return number.Id;
    }

    /// <summary>Shuts the owner out, as if it had been late or dead.</summary>
    private Task ShutOut(Owned owned) => _b.Database.Run(new Unit(
        [new Statement("UPDATE silo_lease SET revoked = 1 WHERE incarnation = @owner", ("@owner", owned.Incarnation))]));

    private async Task<List<string>> WriteUntilRefused(Owned owned, ChatDocument chat)
    {
        var committed = new List<string>();
        while (true)
        {
            var message = Sample.Message(chat);
            var change = owned.Change() with { NewMessages = [message], Events = [Sample.Event(message, 1)] };
            switch (await _a.Numbers.Commit(change, new CommitLane()))
            {
                case CommitResult.Committed:
                    committed.Add(message.Id);
                    break;
                case CommitResult.StaleEpoch:
                    return committed;
                default:
                    throw new InvalidOperationException("Nothing else was to happen.");
            }
        }
    }

    // Another number of messages in each round, so that the takeover comes at another moment.
    private async Task WaitForMessages(ChatDocument chat, int count)
    {
        while ((await _b.Messages.List([chat.Id], new PageRequest(Limit: 100))).Data.Count < count)
        {
            await Task.Yield();
        }
    }

    private async Task<List<string>> Stored(ChatDocument chat) => await _b.Database.Query(
        new Statement("SELECT id FROM message WHERE chat = @chat ORDER BY id", ("@chat", chat.Id)), row => row.GetString(0));
}
