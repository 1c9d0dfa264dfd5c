using System.Text;
using Loopwave.Engines;
using Loopwave.Numbers;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>A store of credentials, and ways to damage what it holds.</summary>
public abstract class CredentialBackend : IAsyncDisposable
{
    public abstract ICredentialStore Store { get; }

    /// <summary>Everything stored for a number; null when there is nothing.</summary>
    public abstract Task<byte[]?> Raw(string number);

    public abstract Task SetRaw(string number, byte[] bytes);

    /// <summary>The same data, opened with another key.</summary>
    public abstract ICredentialStore WithOtherKey();

    public abstract ValueTask DisposeAsync();
}

/// <summary>
/// What every store of credentials promises. Atomic: all changes of one save. Nothing that cannot be read is ever
/// replaced.
/// </summary>
public abstract class CredentialStoreTests(CredentialBackend backend) : IAsyncDisposable
{
    private readonly string _number = NewId.Number();

    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_was_saved_comes_back_changed_and_deleted_entries_included()
    {
        Assert.IsType<CredentialsRead.Missing>(await backend.Store.Load(_number));
        Assert.True(await Save(1, ("creds", "one"), ("session 919800000001", "two"), ("empty", "")));
        Assert.True(await Save(1, ("creds", "three"), ("session 919800000001", null), ("new", "four"), ("never there", null)));

        Assert.Equal([("creds", "three"), ("empty", ""), ("new", "four")], await Load(backend.Store));
    }

    [Fact]
    public async Task Later_changes_in_one_save_win()
    {
        await Save(1, ("a", "one"), ("a", null), ("b", "one"), ("b", "two"));
        Assert.Equal([("b", "two")], await Load(backend.Store));
    }

    [Fact]
    public async Task An_older_epoch_can_neither_save_nor_wipe_also_after_a_wipe()
    {
        await Save(5, ("a", "one"));
        Assert.False(await Save(4, ("a", "two")));
        Assert.False(await backend.Store.Wipe(_number, 4));
        Assert.Equal([("a", "one")], await Load(backend.Store));

        Assert.True(await backend.Store.Wipe(_number, 6));
        Assert.IsType<CredentialsRead.Missing>(await backend.Store.Load(_number));
        Assert.False(await Save(5, ("a", "three")));
        Assert.False(await backend.Store.Wipe(_number, 5));
        Assert.True(await backend.Store.Wipe(_number, 6));
        Assert.True(await Save(6, ("a", "four")));
        Assert.Equal([("a", "four")], await Load(backend.Store));
    }

    [Fact]
    public async Task What_was_wiped_stays_wiped_whatever_arrives_late_until_a_device_is_linked()
    {
        await Save(2, ("creds", "one"), ("session", "two"));
        Assert.True(await backend.Store.Wipe(_number, 2));
        var wiped = await backend.Raw(_number);

        Assert.Equal(CredentialsSave.NothingStored, await Save(2, begins: false, ("session", "late")));
        Assert.Equal(CredentialsSave.NothingStored, await Save(3, begins: false, ("creds", "late")));
        Assert.Equal(CredentialsSave.StaleEpoch, await Save(1, begins: false, ("creds", "late")));
        Assert.IsType<CredentialsRead.Missing>(await backend.Store.Load(_number));
        Assert.Equal(wiped, await backend.Raw(_number));

        Assert.Equal(CredentialsSave.Saved, await Save(3, begins: true, ("creds", "new")));
        Assert.Equal(CredentialsSave.Saved, await Save(3, begins: false, ("session", "new")));
        Assert.Equal([("creds", "new"), ("session", "new")], await Load(backend.Store));
    }

    [Fact]
    public async Task Changes_never_begin_a_device_that_is_not_being_linked()
    {
        Assert.Equal(CredentialsSave.NothingStored, await Save(1, begins: false, ("session", "of a device that is gone")));
        Assert.IsType<CredentialsRead.Missing>(await backend.Store.Load(_number));
        Assert.Null(await backend.Raw(_number));
    }

    [Fact]
    public async Task Wiping_what_was_never_there_is_harmless()
    {
        Assert.True(await backend.Store.Wipe(_number, 1));
        Assert.IsType<CredentialsRead.Missing>(await backend.Store.Load(_number));
    }

    [Fact]
    public async Task Nothing_secret_is_readable_in_what_is_stored()
    {
        await Save(1, ("session 919812345678", "the noise key of this device"));
        var raw = Encoding.Latin1.GetString((await backend.Raw(_number))!);
        Assert.DoesNotContain("919812345678", raw);
        Assert.DoesNotContain("noise", raw);
    }

    [Fact]
    public async Task Cut_off_at_any_byte_they_are_unreadable_and_left_as_they_are()
    {
        await Save(1, ("creds", "one"), ("session", "two"));
        var whole = (await backend.Raw(_number))!;
        for (var length = 0; length < whole.Length; length++)
        {
            await AssertUnreadable(whole[..length]);
        }
    }

    [Fact]
    public async Task Changed_at_any_byte_or_longer_they_are_unreadable()
    {
        await Save(1, ("creds", "one"), ("session", "two"));
        var whole = (await backend.Raw(_number))!;
        for (var at = 0; at < whole.Length; at++)
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 0x10;
            await AssertUnreadable(changed);
        }

        await AssertUnreadable([.. whole, 0]);
    }

    [Fact]
    public async Task The_credentials_of_one_number_are_unreadable_as_those_of_another()
    {
        await Save(1, ("creds", "one"));
        var other = NewId.Number();
        await backend.Store.Save(other, 1, [new CredentialEntry("creds", [1])], begins: true);
        await AssertUnreadable((await backend.Raw(other))!);
    }

    [Fact]
    public async Task With_another_key_they_are_unreadable_and_not_replaced()
    {
        await Save(1, ("creds", "one"));
        var before = await backend.Raw(_number);
        var store = backend.WithOtherKey();

        Assert.IsType<CredentialsRead.Unreadable>(await store.Load(_number));
        await Assert.ThrowsAsync<CredentialsUnreadableException>(() => store.Save(_number, 2, [new CredentialEntry("creds", [2])], begins: true));
        Assert.Equal(before, await backend.Raw(_number));
        Assert.Equal([("creds", "one")], await Load(backend.Store));
    }

    [Fact]
    public async Task A_wipe_destroys_what_is_unreadable_too()
    {
        await Save(1, ("creds", "one"));
        await backend.SetRaw(_number, [1, 2, 3]);
        Assert.True(await backend.Store.Wipe(_number, 1));
        Assert.IsType<CredentialsRead.Missing>(await backend.Store.Load(_number));
        Assert.True(await Save(1, ("creds", "two")));
    }

    [Fact]
    public async Task Saves_of_one_number_at_once_all_count()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Save(1, ("entry " + i.ToString("00"), "x"))));
        Assert.Equal(20, (await Load(backend.Store)).Count);
    }

    private async Task<bool> Save(long epoch, params (string Name, string? Value)[] changes) =>
        await Save(epoch, begins: true, changes) is CredentialsSave.Saved;

    private Task<CredentialsSave> Save(long epoch, bool begins, params (string Name, string? Value)[] changes) => backend.Store.Save(
        _number, epoch, [.. changes.Select(change => new CredentialEntry(change.Name, change.Value is null ? null : Encoding.UTF8.GetBytes(change.Value)))], begins);

    private async Task<List<(string, string)>> Load(ICredentialStore store)
    {
        var found = Assert.IsType<CredentialsRead.Found>(await store.Load(_number));
        return [.. found.Entries.Select(entry => (entry.Name, Encoding.UTF8.GetString(entry.Value!))).OrderBy(entry => entry.Name, StringComparer.Ordinal)];
    }

    private async Task AssertUnreadable(byte[] bytes)
    {
        await backend.SetRaw(_number, bytes);
        Assert.IsType<CredentialsRead.Unreadable>(await backend.Store.Load(_number));
        await Assert.ThrowsAsync<CredentialsUnreadableException>(() => Save(9, ("creds", "new identity")));
        Assert.Equal(bytes, await backend.Raw(_number));
    }
}
