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
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (var file in new[] { _files.PathOf(_number), _files.PathOf(_number) + ".previous", Path.Combine(_files.Directory, "key") })
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
        await Save(_files.Store, "two");
        Assert.Equal(before, await File.ReadAllBytesAsync(_files.PathOf(_number) + ".previous", TestContext.Current.CancellationToken));

        await File.WriteAllTextAsync(_files.PathOf(_number) + ".new", "cut off", TestContext.Current.CancellationToken);
        await _files.Store.Wipe(_number, 1);
        var left = Directory.GetFiles(Path.GetDirectoryName(_files.PathOf(_number))!);
        Assert.Equal([_files.PathOf(_number)], left);
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
        await Assert.ThrowsAsync<CredentialsUnreadableException>(() => store.Save(NewId.Number(), 1, [new CredentialEntry("creds", [1])]));
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
        await store.Save(later, 1, [new CredentialEntry("creds", [1])]);
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

    private Task<bool> Save(ICredentialStore store, string value) => store.Save(_number, 1, [new CredentialEntry("creds", Encoding.UTF8.GetBytes(value))]);

    private async Task<string> Load(ICredentialStore store) =>
        Encoding.UTF8.GetString(Assert.IsType<CredentialsRead.Found>(await store.Load(_number)).Entries.Single().Value!);
}
