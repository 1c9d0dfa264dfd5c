using System.Text;
using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Storage.Credentials;

namespace Loopwave.Storage.Tests.Files;

/// <summary>What credentials in files promise beyond the suite: keys, modes, and what is kept beside.</summary>
public sealed class FileCredentialStoreTests : IAsyncDisposable
{
    private readonly FileCredentials _files = new();
    private readonly string _number = NewId.Number();

    public ValueTask DisposeAsync() => _files.DisposeAsync();

    [Fact]
    public async Task Files_and_directories_are_for_their_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await Save(_files.Store, "one");
        await Save(_files.Store, "two");
        await Rewrite();
        await Save(_files.Store, "three");
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (var file in new[] { _files.PathOf(_number), _files.PathOf(_number) + ".previous", Journal, Path.Combine(_files.Directory, "key") })
        {
            Assert.Equal(ownerOnly, File.GetUnixFileMode(file));
        }

        Assert.Equal(ownerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(_files.PathOf(_number))!));
    }

    [Fact]
    public async Task The_version_before_is_kept_beside_until_a_wipe()
    {
        await Save(_files.Store, "one");
        var before = await File.ReadAllBytesAsync(_files.PathOf(_number), TestContext.Current.CancellationToken);
        await Rewrite();
        Assert.Equal(before, await File.ReadAllBytesAsync(_files.PathOf(_number) + ".previous", TestContext.Current.CancellationToken));

        await Save(_files.Store, "two");
        await File.WriteAllTextAsync(_files.PathOf(_number) + ".new", "cut off", TestContext.Current.CancellationToken);
        await _files.Store.Wipe(_number, 1);
        var left = Directory.GetFiles(Path.GetDirectoryName(_files.PathOf(_number))!);
        Assert.Equal([_files.PathOf(_number)], left);
    }

    [Fact]
    public async Task A_small_change_is_added_to_a_journal_which_the_next_whole_file_takes_in()
    {
        await Save(_files.Store, "one");
        var file = await File.ReadAllBytesAsync(_files.PathOf(_number), TestContext.Current.CancellationToken);
        for (var n = 0; n < 20; n++)
        {
            await Save(_files.Store, $"change {n}");
        }

        Assert.Equal(file, await File.ReadAllBytesAsync(_files.PathOf(_number), TestContext.Current.CancellationToken));
        Assert.Equal("change 19", await Load(new FileCredentialStore(_files.Directory, null)));

        await Rewrite();
        Assert.False(File.Exists(Journal));
        Assert.Equal("change 19", await Load(_files.Store));
    }

    /// <summary>The power goes at every byte of a write: the change before it is there, and more can be saved.</summary>
    [Fact]
    public async Task A_journal_that_was_cut_off_anywhere_in_its_last_record_is_as_before_it()
    {
        await Save(_files.Store, "file");
        await Save(_files.Store, "one");
        var whole = (await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken)).Length;
        await Save(_files.Store, "two");
        var bytes = await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken);
        for (var length = whole; length < bytes.Length; length++)
        {
            foreach (var zeros in new[] { 0, bytes.Length - length })
            {
                byte[] cutOff = [.. bytes[..length], .. new byte[zeros]];
                await File.WriteAllBytesAsync(Journal, cutOff, TestContext.Current.CancellationToken);

                // The record ends with a random tag: where that ends with zeros, nothing of it is missing.
                Assert.Equal(cutOff.AsSpan().SequenceEqual(bytes) ? "two" : "one", await Load(_files.Store));
            }

            Assert.Equal(CredentialsSave.Saved, await Save(_files.Store, "three"));
            Assert.Equal("three", await Load(_files.Store));
        }

        for (var length = 0; length < whole; length++)
        {
            await File.WriteAllBytesAsync(Journal, bytes[..length], TestContext.Current.CancellationToken);
            Assert.Equal("file", await Load(_files.Store));
        }
    }

    [Fact]
    public async Task A_change_anywhere_before_the_last_record_is_damage_and_said()
    {
        await Save(_files.Store, "file");
        await Save(_files.Store, "one");
        var first = (await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken)).Length;
        await Save(_files.Store, "two");
        var bytes = await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken);
        const int header = 4 + 1 + 12;
        for (var at = header; at < first; at++)
        {
            var damaged = bytes.ToArray();
            damaged[at] ^= 1;
            await File.WriteAllBytesAsync(Journal, damaged, TestContext.Current.CancellationToken);
            Assert.IsType<CredentialsRead.Unreadable>(await _files.Store.Load(_number));
            await Assert.ThrowsAsync<CredentialsUnreadableException>(() => Save(_files.Store, "three"));
            Assert.Equal(damaged, await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_journal_of_another_version_or_another_number_says_nothing()
    {
        await Save(_files.Store, "one");
        await Save(_files.Store, "old");
        var old = await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken);
        await Rewrite();
        await File.WriteAllBytesAsync(Journal, old, TestContext.Current.CancellationToken);
        Assert.Equal("old", await Load(_files.Store));
        await Save(_files.Store, "two");
        Assert.Equal("two", await Load(_files.Store));

        var other = NewId.Number();
        await _files.Store.Save(other, 1, [new CredentialEntry("creds", [1])], begins: true);
        File.Copy(Journal, _files.PathOf(other) + ".journal");
        Assert.Equal([1], Assert.IsType<CredentialsRead.Found>(await _files.Store.Load(other)).Entries.Single().Value);
    }

    [Fact]
    public async Task A_journal_without_its_file_is_no_new_number()
    {
        await Save(_files.Store, "one");
        await Save(_files.Store, "two");
        File.Delete(_files.PathOf(_number));

        Assert.IsType<CredentialsRead.Unreadable>(await _files.Store.Load(_number));
        await Assert.ThrowsAsync<CredentialsUnreadableException>(() => Save(_files.Store, "three"));
    }

    [Fact]
    public async Task An_epoch_in_the_journal_keeps_older_ones_out()
    {
        await Save(_files.Store, "one");
        Assert.Equal(CredentialsSave.Saved, await _files.Store.Save(_number, 5, [new CredentialEntry("creds", [1])], begins: false));

        Assert.Equal(CredentialsSave.StaleEpoch, await Save(_files.Store, "two"));
        Assert.False(await _files.Store.Wipe(_number, 4));
    }

    [Fact]
    public async Task What_a_crash_left_half_written_is_not_seen()
    {
        await Save(_files.Store, "one");
        await File.WriteAllBytesAsync(_files.PathOf(_number) + ".new", [1, 2, 3], TestContext.Current.CancellationToken);
        Assert.Equal("one", await Load(_files.Store));
        await Save(_files.Store, "two");
        Assert.Equal("two", await Load(_files.Store));
    }

    [Fact]
    public async Task A_later_start_reads_with_the_key_that_the_first_one_made()
    {
        await Save(_files.Store, "one");
        Assert.Equal("one", await Load(new FileCredentialStore(_files.Directory, null)));
    }

    [Fact]
    public async Task A_missing_key_file_is_said_and_never_replaced_by_a_new_key()
    {
        await Save(_files.Store, "one");
        File.Delete(Path.Combine(_files.Directory, "key"));

        var store = new FileCredentialStore(_files.Directory, null);

        Assert.False(File.Exists(Path.Combine(_files.Directory, "key")));
        var read = Assert.IsType<CredentialsRead.Unreadable>(await store.Load(_number));
        Assert.Contains("key file is missing", read.Why);
        await Assert.ThrowsAsync<CredentialsUnreadableException>(() => Save(store, "two"));
        await Assert.ThrowsAsync<CredentialsUnreadableException>(() => store.Save(NewId.Number(), 1, [new CredentialEntry("creds", [1])], begins: true));
        Assert.True(await store.Wipe(_number, 1));
    }

    [Fact]
    public async Task An_own_key_takes_over_and_what_the_key_file_wrote_stays_readable()
    {
        await Save(_files.Store, "one");
        var key = FileCredentials.NewKey();
        var store = new FileCredentialStore(_files.Directory, key);
        Assert.Equal("one", await Load(store));

        var later = NewId.Number();
        await store.Save(later, 1, [new CredentialEntry("creds", [1])], begins: true);
        File.Delete(Path.Combine(_files.Directory, "key"));
        var without = new FileCredentialStore(_files.Directory, key);
        Assert.IsType<CredentialsRead.Found>(await without.Load(later));
    }

    [Fact]
    public void A_key_that_is_none_is_a_mistake_that_start_up_explains()
    {
        Assert.Throws<StorageDamagedException>(() => new FileCredentialStore(_files.Directory, "too short"));
        Assert.Throws<StorageDamagedException>(() => new FileCredentialStore(_files.Directory, Convert.ToBase64String(new byte[31])));
        File.WriteAllText(Path.Combine(_files.Directory, "key"), "damaged");
        Assert.Throws<StorageDamagedException>(() => new FileCredentialStore(_files.Directory, null));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("")]
    [InlineData("n/x")]
    public async Task An_id_that_is_no_id_reaches_no_file(string number) =>
        await Assert.ThrowsAsync<ArgumentException>(() => _files.Store.Load(number));

    private string Journal => _files.PathOf(_number) + ".journal";

    // More than a journal takes.
    private Task<CredentialsSave> Rewrite() => _files.Store.Save(
        _number, 1, [new CredentialEntry("large", new byte[100_000]), new CredentialEntry("large", null)], begins: false);

    private Task<CredentialsSave> Save(ICredentialStore store, string value) =>
        store.Save(_number, 1, [new CredentialEntry("creds", Encoding.UTF8.GetBytes(value))], begins: true);

    private async Task<string> Load(ICredentialStore store) =>
        Encoding.UTF8.GetString(Assert.IsType<CredentialsRead.Found>(await store.Load(_number)).Entries.Single().Value!);
}
