using Loopwave.Numbers;
using Loopwave.Testing.Storage;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>What every store of numbers promises, apart from commits.</summary>
public abstract class NumberStoreTests(Backend backend) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_number_comes_back_as_it_was_created()
    {
        var number = Filled.Of<NumberDocument>();
        var first = new TimelineEntry(number.Id, 7, Filled.Of<NumberTransition>());
        var idempotency = Filled.Of<IdempotencyRecord>() with { At = Backend.Start };

        Assert.Equal(CommitResult.Committed, await backend.Numbers.Create(number, first, idempotency));

        var stored = await backend.Numbers.Load(number.Id);
        Assert.Equivalent(number, stored!.Document, strict: true);
        Assert.Equal(number.History, stored.Document.History);
        Assert.Equal((0, 7, DayCounters.None, 0, false), (stored.Epoch, stored.Sequence, stored.Day, stored.Queued, stored.OwnerAlive));
        Assert.Equivalent(first, Assert.Single(await backend.Numbers.Timeline(number.Id)), strict: true);
        Assert.Equal(idempotency, await backend.Numbers.FindIdempotent(idempotency.Key.Scope, idempotency.Key.Key));
    }

    [Fact]
    public async Task An_unknown_number_is_not_there() => Assert.Null(await backend.Numbers.Load("nunknown"));

    [Fact]
    public async Task A_number_is_created_once_and_a_second_time_changes_nothing()
    {
        var number = Sample.Number();
        await backend.Numbers.Create(number, Sample.Transition(number.Id, 1), null);

        var again = await backend.Numbers.Create(number with { Label = "Other" }, Sample.Transition(number.Id, 2), null);

        Assert.Equal(CommitResult.Duplicate, again);
        Assert.Equal("Support", (await backend.Numbers.Load(number.Id))!.Document.Label);
        Assert.Single(await backend.Numbers.Timeline(number.Id));
    }

    [Fact]
    public async Task A_request_that_was_carried_out_creates_no_second_number()
    {
        var (one, two) = (Sample.Number(), Sample.Number());
        var request = Sample.Idempotency(one.Id);
        await backend.Numbers.Create(one, Sample.Transition(one.Id, 1), request);

        Assert.Equal(CommitResult.Duplicate, await backend.Numbers.Create(two, Sample.Transition(two.Id, 1), request with { Result = two.Id }));

        Assert.Null(await backend.Numbers.Load(two.Id));
        Assert.Empty(await backend.Numbers.Timeline(two.Id));
        Assert.Equal(one.Id, (await backend.Numbers.FindIdempotent(request.Key.Scope, request.Key.Key))!.Result);
    }

    [Fact]
    public async Task Creating_a_number_is_atomic_whichever_write_it_fails_at()
    {
        for (var write = 0; ; write++)
        {
            var number = Sample.Number();
            var request = Sample.Idempotency(number.Id);
            backend.FailBeforeWrite(write);
            var create = backend.Numbers.Create(number, Sample.Transition(number.Id, 1), request);
            if (await Record.ExceptionAsync(() => create) is null)
            {
                Assert.True(write >= 4, $"There were only {write} writes.");
                return;
            }

            if (await backend.Numbers.Load(number.Id) is { } stored)
            {
                Assert.True(backend.KeepsWhatFailed, $"Something of what failed at write {write} is stored.");
                Assert.Equivalent(number, stored.Document, strict: true);
                Assert.Single(await backend.Numbers.Timeline(number.Id));
                Assert.Equal(request, await backend.Numbers.FindIdempotent(request.Key.Scope, request.Key.Key));
                continue;
            }

            Assert.Empty(await backend.Numbers.Timeline(number.Id));
            Assert.Null(await backend.Numbers.FindIdempotent(request.Key.Scope, request.Key.Key));
            Assert.Equal(CommitResult.Committed, await backend.Numbers.Create(number, Sample.Transition(number.Id, 1), request));
        }
    }

    [Fact]
    public async Task Numbers_with_something_to_do_are_woken_though_nobody_wants_them_started()
    {
        var leaving = Sample.Number(desired: DesiredState.Stopped, createdAt: Backend.Start.AddSeconds(1)) with { RemovedAt = Backend.Start };
        leaving = leaving with { Session = leaving.Session with { LogOutDue = new(SessionState.Removed, Backend.Start.AddMinutes(2)) } };
        await Sample.OwnedNumber(backend, leaving);
        var stopped = await Sample.OwnedNumber(backend, Sample.Number(desired: DesiredState.Stopped, createdAt: Backend.Start.AddSeconds(2)));
        var removed = await Sample.OwnedNumber(backend, Sample.Number(createdAt: Backend.Start.AddSeconds(3)) with { RemovedAt = Backend.Start });
        await Sample.OwnedNumber(backend, Sample.Number(desired: DesiredState.Stopped));
        foreach (var owned in new[] { stopped, removed })
        {
            var chat = Sample.Chat(owned.Id);
            var message = Sample.Message(chat, fromMe: true);
            await backend.Numbers.Commit(
                owned.Change() with { Chats = [chat], NewMessages = [message], Enqueued = [Sample.Queue(message, 2)] }, owned.Lane);
        }

        Assert.Equal(Sorted(leaving.Id, stopped.Id, removed.Id), await Woken());

        await backend.Numbers.Commit(stopped.Change() with { Dequeued = [2] }, stopped.Lane);
        Assert.Equal(Sorted(leaving.Id, removed.Id), await Woken());
    }

    [Fact]
    public async Task Only_wanted_numbers_of_the_range_that_are_not_removed_are_to_be_started_in_order_of_their_ids()
    {
        var second = Sample.Number(engine: EngineKind.Sandbox) with { Id = "n7zzzzzzzzz" };
        var first = Sample.Number() with { Id = "n7000000000" };
        var below = Sample.Number() with { Id = "n6zzzzzzzzz" };
        var above = Sample.Number() with { Id = "n8000000000" };
        var stopped = Sample.Number(desired: DesiredState.Stopped);
        var removed = Sample.Number() with { RemovedAt = Backend.Start };
        foreach (var number in new[] { second, first, stopped, removed, below, above })
        {
            await backend.Numbers.Create(number, Sample.Transition(number.Id, 1), null);
        }

        Assert.Equal(
            [new StartedNumber(first.Id, EngineKind.WhatsApp), new StartedNumber(second.Id, EngineKind.Sandbox)],
            await Started(new NumberRange("n7", "n8")));
    }

    [Fact]
    public async Task Started_numbers_of_all_shards_together_are_all_of_them_each_once()
    {
        // More than are read with one query, of which none may be read twice or passed over.
        var ids = Enumerable.Range(0, 1200).Select(_ => "n0" + NewId.Key() + "0").Concat(Enumerable.Range(0, 300).Select(_ => NewId.Number())).ToList();
        await Task.WhenAll(ids.Select(id => backend.Numbers.Create(Sample.Number() with { Id = id }, Sample.Transition(id, 1), null)));

        var shards = await Task.WhenAll(Enumerable.Range(0, NumberRange.Shards).Select(shard => Started(NumberRange.OfShard(shard))));

        Assert.Equal(ids.Order(StringComparer.Ordinal), shards.SelectMany(shard => shard).Select(number => number.Id).Order(StringComparer.Ordinal));
        Assert.All(shards, shard => Assert.Equal(shard.OrderBy(number => number.Id, StringComparer.Ordinal), shard));
    }

    private async Task<List<StartedNumber>> Started(NumberRange range) =>
        await backend.Numbers.Started(range, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

    [Theory]
    [InlineData(NumberStatus.Ready)]
    [InlineData(NumberStatus.Connecting)]
    public async Task A_number_that_nobody_alive_holds_is_disconnected_whatever_it_was(NumberStatus before)
    {
        var owned = await Sample.OwnedNumber(backend, Sample.Number(before));
        Assert.Equal(before, (await backend.Numbers.Load(owned.Id))!.Status);
        Assert.Equal(before is NumberStatus.Ready ? owned.Id : null, await backend.Numbers.FirstReady(Access.All));
        Assert.Equal(owned.Id, Assert.Single((await List(before)).Data).Document.Id);
        Assert.Empty((await List(NumberStatus.Disconnected)).Data);

        await backend.ExpireLease(owned.Incarnation);

        var stored = await backend.Numbers.Load(owned.Id);
        Assert.False(stored!.OwnerAlive);
        Assert.Equal(NumberStatus.Disconnected, stored.Status);
        Assert.Null(await backend.Numbers.FirstReady(Access.All));
        Assert.Empty((await List(before)).Data);
        Assert.Equal(owned.Id, Assert.Single((await List(NumberStatus.Disconnected)).Data).Document.Id);
    }

    [Fact]
    public async Task First_ready_is_the_oldest_and_a_sandbox_number_only_without_any_whatsapp_number()
    {
        async Task<string> Add(EngineKind engine, int second, NumberStatus status)
        {
            var number = Sample.Number(status, engine, Backend.Start.AddSeconds(second));
            await backend.Numbers.Create(number, Sample.Transition(number.Id, 1), null);
            await backend.Ownership.Claim(number.Id, await backend.Incarnation());
            return number.Id;
        }

        Assert.Null(await backend.Numbers.FirstReady(Access.All));
        var sandbox = await Add(EngineKind.Sandbox, 1, NumberStatus.Ready);
        Assert.Equal(sandbox, await backend.Numbers.FirstReady(Access.All));
        await Add(EngineKind.WhatsApp, 2, NumberStatus.Disconnected);
        Assert.Null(await backend.Numbers.FirstReady(Access.All));
        var newer = await Add(EngineKind.WhatsApp, 4, NumberStatus.Ready);
        Assert.Equal(newer, await backend.Numbers.FirstReady(Access.All));
        var older = await Add(EngineKind.WhatsApp, 3, NumberStatus.Ready);
        Assert.Equal(older, await backend.Numbers.FirstReady(Access.All));
        Assert.Equal(newer, await backend.Numbers.FirstReady(new Access(Numbers: [newer, sandbox])));
        Assert.Equal(sandbox, await backend.Numbers.FirstReady(new Access(SandboxOnly: true)));
        Assert.Null(await backend.Numbers.FirstReady(new Access(SandboxOnly: true, Numbers: [older])));
    }

    [Fact]
    public async Task A_phone_is_linked_elsewhere_only_while_another_number_of_the_network_holds_it()
    {
        async Task<string> Add(NumberDocument number)
        {
            await backend.Numbers.Create(number, Sample.Transition(number.Id, 1), null);
            return number.Id;
        }

        var linked = await Add(Sample.Number(NumberStatus.Ready) with { Phone = "919800000001" });
        await Add(Sample.Number(NumberStatus.Ready) with { Phone = "919800000002", RemovedAt = Backend.Start });
        await Add(Sample.Number() with { Phone = "919800000003", Session = new NumberSession { Since = Backend.Start } });

        Assert.Equal(linked, await backend.Numbers.LinkedElsewhere("nother", EngineKind.WhatsApp, "919800000001"));
        Assert.Null(await backend.Numbers.LinkedElsewhere(linked, EngineKind.WhatsApp, "919800000001"));
        Assert.Null(await backend.Numbers.LinkedElsewhere("nother", EngineKind.Sandbox, "919800000001"));
        Assert.Null(await backend.Numbers.LinkedElsewhere("nother", EngineKind.WhatsApp, "919800000002"));
        Assert.Null(await backend.Numbers.LinkedElsewhere("nother", EngineKind.WhatsApp, "919800000003"));
        Assert.Equal(EngineKind.WhatsApp, await backend.Numbers.Engine(linked));
        Assert.Null(await backend.Numbers.Engine("nother"));
    }

    [Fact]
    public async Task The_list_is_filtered_by_status_and_by_what_the_caller_may_see()
    {
        var ready = await Sample.OwnedNumber(backend, Sample.Number(NumberStatus.Ready));
        var sandbox = await Sample.OwnedNumber(backend, Sample.Number(NumberStatus.LoggedOut, EngineKind.Sandbox, Backend.Start.AddSeconds(1)));

        Assert.Equal([ready.Id, sandbox.Id], Ids(await List()));
        Assert.Equal([sandbox.Id], Ids(await List(NumberStatus.LoggedOut)));
        Assert.Equal([sandbox.Id], Ids(await List(access: new Access(SandboxOnly: true))));
        Assert.Equal([ready.Id], Ids(await List(access: new Access(Numbers: [ready.Id]))));
        Assert.Empty(Ids(await List(access: new Access(Numbers: []))));
    }

    [Fact]
    public async Task A_request_is_remembered_for_a_day_and_can_then_be_made_again()
    {
        var number = Sample.Number();
        var request = Sample.Idempotency(number.Id);
        await backend.Numbers.Create(number, Sample.Transition(number.Id, 1), request);

        backend.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(request, await backend.Numbers.FindIdempotent(request.Key.Scope, request.Key.Key));
        Assert.Null(await backend.Numbers.FindIdempotent("other scope", request.Key.Key));

        backend.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await backend.Numbers.FindIdempotent(request.Key.Scope, request.Key.Key));
        var later = Sample.Number();
        var again = request with { Result = later.Id, At = backend.Clock.GetUtcNow() };
        Assert.Equal(CommitResult.Committed, await backend.Numbers.Create(later, Sample.Transition(later.Id, 1), again));
        Assert.Equal(again, await backend.Numbers.FindIdempotent(request.Key.Scope, request.Key.Key));
    }

    [Fact]
    public async Task A_clock_that_was_a_day_ahead_for_a_while_has_forgotten_no_request()
    {
        var number = Sample.Number();
        var request = Sample.Idempotency(number.Id);
        await backend.Numbers.Create(number, Sample.Transition(number.Id, 1), request);
        for (var i = 0; i < 3; i++)
        {
            var ahead = Sample.Number();
            var later = Sample.Idempotency(ahead.Id) with { At = backend.Clock.GetUtcNow() + TimeSpan.FromHours(25) };
            Assert.Equal(CommitResult.Committed, await backend.Numbers.Create(ahead, Sample.Transition(ahead.Id, 1), later));
        }

        Assert.Equal(request, await backend.Numbers.FindIdempotent(request.Key.Scope, request.Key.Key));
    }

    private async Task<IEnumerable<string>> Woken() => (await Started(new NumberRange("n", "o"))).Select(number => number.Id);

    private static IEnumerable<string> Sorted(params string[] ids) => ids.Order(StringComparer.Ordinal);

    private Task<Page<StoredNumber>> List(NumberStatus? status = null, Access? access = null) =>
        backend.Numbers.List(new NumberQuery(status, new PageRequest(), access ?? Access.All));

    private static IEnumerable<string> Ids(Page<StoredNumber> page) => page.Data.Select(number => number.Document.Id);
}
