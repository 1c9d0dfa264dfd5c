using Loopwave.ApiKeys;
using Loopwave.Deployment;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Team;
using Loopwave.Testing.Storage;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>What every store of what is known about files promises.</summary>
public abstract class MediaStoreTests(Backend backend) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_file_comes_back_as_it_was_put_also_after_a_change()
    {
        var file = Filled.Of<MediaDocument>();
        await backend.Media.Put(file);
        Assert.Equivalent(file, (await backend.Media.Get([file.Id, "f_unknown"])).Single().Value, strict: true);

        var changed = Filled.Of<MediaDocument>() with { Id = file.Id };
        await backend.Media.Put(changed);
        Assert.Equivalent(changed, (await backend.Media.Get([file.Id]))[file.Id], strict: true);
    }

    [Fact]
    public async Task A_use_is_noted_to_the_minute_and_never_undone_by_an_older_copy()
    {
        var file = await Put(usedAt: 0);
        await backend.Media.Touch(file.Id, Backend.Start.AddSeconds(30));
        Assert.Equal(Backend.Start, (await Get(file.Id)).UsedAt);
        await backend.Media.Touch(file.Id, Backend.Start.AddSeconds(90));
        Assert.Equal(Backend.Start.AddSeconds(90), (await Get(file.Id)).UsedAt);
        await backend.Media.Put(file);
        Assert.Equal(Backend.Start.AddSeconds(90), (await Get(file.Id)).UsedAt);
    }

    [Fact]
    public async Task What_can_be_fetched_again_may_go_least_recently_used_first()
    {
        var removed = Sample.Number() with { RemovedAt = Backend.Start };
        await backend.Numbers.Create(removed, Sample.Transition(removed.Id, 1), null);
        var newer = await Put(usedAt: 20);
        var older = await Put(usedAt: 10);
        await Put(usedAt: 1, number: null);
        await Put(usedAt: 2, remote: false);
        await Put(usedAt: 3, number: removed.Id);
        await Put(usedAt: 4, state: MediaState.None);
        await Put(usedAt: 5, hash: "uploaded as well");
        await Put(usedAt: 6, hash: "uploaded as well", number: null);

        Assert.Equal([older.Id, newer.Id], (await backend.Media.Evictable(10)).Select(file => file.Id));
        Assert.Equal([older.Id], (await backend.Media.Evictable(1)).Select(file => file.Id));
    }

    [Fact]
    public async Task What_may_not_go_any_more_stays_as_it_was()
    {
        var removed = await Sample.OwnedNumber(backend);
        var goes = await Put();
        var uploaded = await Put(hash: "uploaded since");
        var ofRemoved = await Put(number: removed.Id);
        var fetchedAnew = await Put();
        Assert.Equal(4, (await backend.Media.Evictable(10)).Count);
        await Put(hash: "uploaded since", number: null);
        await backend.Numbers.Commit(
            removed.Change() with { Document = removed.Document with { RemovedAt = Backend.Start } }, removed.Lane);
        await backend.Media.Put(fetchedAnew with { Hash = "other content" });

        Assert.True(await backend.Media.Evict(goes));
        Assert.False(await backend.Media.Evict(goes));
        Assert.False(await backend.Media.Evict(uploaded));
        Assert.False(await backend.Media.Evict(ofRemoved));
        Assert.False(await backend.Media.Evict(fetchedAnew));

        Assert.Equal((MediaState.None, null), ((await Get(goes.Id)).State, (await Get(goes.Id)).Hash));
        Assert.All([await Get(uploaded.Id), await Get(ofRemoved.Id), await Get(fetchedAnew.Id)], file => Assert.Equal(MediaState.Ready, file.State));
    }

    [Fact]
    public async Task The_total_counts_what_is_here_and_the_same_content_once()
    {
        Assert.Equal(0, await backend.Media.TotalSize());
        await Put(size: 100);
        await Put(size: 20, hash: "same");
        await Put(size: 20, hash: "same");
        await Put(size: 7, state: MediaState.Failed);
        Assert.Equal(120, await backend.Media.TotalSize());
    }

    [Fact]
    public async Task Content_is_needed_while_a_ready_file_has_it()
    {
        await Put(hash: "twice");
        await Put(hash: "twice", number: null);
        await Put(hash: "once");
        await Put(hash: "never came", state: MediaState.Failed);

        Assert.Equal(["once", "twice"], (await backend.Media.Needed(["twice", "once", "never came", "unknown"])).Order());
        Assert.Empty(await backend.Media.Needed([]));
    }

    private async Task<MediaDocument> Put(
        int usedAt = 0, string? number = "n1", bool remote = true, MediaState state = MediaState.Ready, string? hash = null, long size = 1)
    {
        var file = Filled.Of<MediaDocument>();
        file = file with
        {
            Number = number, Remote = remote ? file.Remote : null, State = state, Hash = hash ?? NewId.Media(), Size = size,
            UsedAt = Backend.Start.AddSeconds(usedAt),
        };
        await backend.Media.Put(file);
        return file;
    }

    private async Task<MediaDocument> Get(string id) => (await backend.Media.Get([id]))[id];
}

/// <summary>What every store of the deployment's settings promises.</summary>
public abstract class DeploymentStoreTests(Backend backend) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_setting_is_what_was_put_last()
    {
        Assert.Null(await backend.Deployment.Setting("name"));
        await backend.Deployment.PutSetting("name", "one");
        await backend.Deployment.PutSetting("name", "two");
        Assert.Equal("two", await backend.Deployment.Setting("name"));
    }

    [Fact]
    public async Task Of_many_who_make_a_lasting_setting_at_once_all_get_the_same()
    {
        var values = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => backend.Deployment.EnsureSetting("secret", "value " + i)));
        Assert.Single(values.Distinct());
        Assert.Equal(values[0], await backend.Deployment.Setting("secret"));
        Assert.Equal(values[0], await backend.Deployment.EnsureSetting("secret", "later"));
    }

    [Fact]
    public async Task A_probe_of_healthy_storage_says_nothing() => await backend.Deployment.Probe(TestContext.Current.CancellationToken);

    [Fact]
    public async Task The_store_tells_its_own_time_and_that_no_newer_release_was_here()
    {
        var before = TimeProvider.System.GetUtcNow();
        var state = await backend.Deployment.State();

        Assert.InRange(state.Now, before.AddMilliseconds(-1), TimeProvider.System.GetUtcNow().AddMilliseconds(1));
        Assert.False(state.IsNewer);
    }

    [Fact]
    public async Task Of_two_clusters_the_data_belongs_to_the_one_that_came_first()
    {
        var (first, second) = (new ClusterIdentity("loopwave", "east"), new ClusterIdentity("loopwave", "west"));
        Assert.Null(await first.Claim(backend.Deployment));
        Assert.Null(await first.Claim(backend.Deployment));
        Assert.Contains("\"east\"", await second.Claim(backend.Deployment), StringComparison.Ordinal);
    }
}

/// <summary>What every store of members and sessions promises.</summary>
public abstract class TeamStoreTests(Backend backend) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Members_come_back_and_an_email_is_taken_whatever_its_case()
    {
        var member = Filled.Of<MemberDocument>() with { Email = "Dana@Example.com" };
        Assert.True(await backend.Team.Add(member));
        Assert.False(await backend.Team.Add(Filled.Of<MemberDocument>() with { Email = "dana@example.COM" }));
        Assert.Equivalent(member, Assert.Single(await backend.Team.Members()), strict: true);

        await backend.Team.Put(member with { Email = "new@example.com" });
        Assert.Equal("new@example.com", Assert.Single(await backend.Team.Members()).Email);
        Assert.True(await backend.Team.Add(Filled.Of<MemberDocument>() with { Email = "dana@example.com" }));
        Assert.Equal(2, (await backend.Team.Members()).Count);
    }

    [Fact]
    public async Task Sessions_come_back_until_they_are_deleted_or_over()
    {
        var session = Filled.Of<SessionDocument>() with { ExpiresAt = Backend.Start };
        var other = Filled.Of<SessionDocument>() with { ExpiresAt = Backend.Start.AddSeconds(1) };
        await backend.Team.PutSession(session);
        await backend.Team.PutSession(other);
        Assert.Equal(session, await backend.Team.Session(session.TokenHash));

        await backend.Team.PutSession(session with { ExpiresAt = Backend.Start.AddSeconds(-1) });
        await backend.Team.DeleteExpiredSessions(Backend.Start);
        Assert.Null(await backend.Team.Session(session.TokenHash));
        Assert.Equal(other, await backend.Team.Session(other.TokenHash));

        await backend.Team.DeleteSession(other.TokenHash);
        Assert.Null(await backend.Team.Session(other.TokenHash));
    }
}

/// <summary>What every store of API keys promises.</summary>
public abstract class ApiKeyStoreTests(Backend backend) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Keys_come_back_as_they_were_put_oldest_first()
    {
        var older = Filled.Of<ApiKeyDocument>();
        var newer = Filled.Of<ApiKeyDocument>();
        await backend.ApiKeys.Put(newer);
        await backend.ApiKeys.Put(older);
        Assert.Equivalent(older, await backend.ApiKeys.Get(older.Id), strict: true);
        Assert.Null(await backend.ApiKeys.Get("unknown"));

        older = older with { Enabled = false, Numbers = null, LastUsedAt = Backend.Start };
        await backend.ApiKeys.Put(older);
        Assert.Equivalent(new[] { older, newer }, await backend.ApiKeys.List(), strict: true);
    }

    [Fact]
    public async Task A_use_is_noted_and_changes_nothing_else_of_a_key()
    {
        var key = Filled.Of<ApiKeyDocument>() with { Enabled = false, LastUsedAt = null };
        await backend.ApiKeys.Put(key);

        await backend.ApiKeys.NoteUse(key.Id, Backend.Start);
        Assert.Equivalent(key with { LastUsedAt = Backend.Start }, await backend.ApiKeys.Get(key.Id), strict: true);

        await backend.ApiKeys.NoteUse(key.Id, Backend.Start.AddMinutes(2));
        await backend.ApiKeys.NoteUse(key.Id, Backend.Start.AddMinutes(1));
        Assert.Equivalent(key with { LastUsedAt = Backend.Start.AddMinutes(2) }, await backend.ApiKeys.Get(key.Id), strict: true);

        await backend.ApiKeys.NoteUse("unknown", Backend.Start);
        Assert.Null(await backend.ApiKeys.Get("unknown"));
        Assert.Single(await backend.ApiKeys.List());
    }

    [Fact]
    public async Task A_key_that_is_switched_off_while_uses_of_it_are_noted_stays_off()
    {
        foreach (var key in Enumerable.Range(0, 20).Select(_ => Filled.Of<ApiKeyDocument>() with { Enabled = true, LastUsedAt = null }))
        {
            await backend.ApiKeys.Put(key);

            await Task.WhenAll([
                .. Enumerable.Range(0, 5).Select(minute => backend.ApiKeys.NoteUse(key.Id, Backend.Start.AddMinutes(minute))),
                backend.ApiKeys.Put(key with { Enabled = false }),
                .. Enumerable.Range(5, 5).Select(minute => backend.ApiKeys.NoteUse(key.Id, Backend.Start.AddMinutes(minute))),
            ]);

            Assert.False((await backend.ApiKeys.Get(key.Id))!.Enabled);
        }
    }
}
