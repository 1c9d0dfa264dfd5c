using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Loopwave.WhatsApp;

public sealed class HostFoldersTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("loopwave-test-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_silo_that_starts_removes_what_a_killed_one_left_and_nothing_else()
    {
        using var living = Folders();
        var used = With(living.Create(), "picture");
        var left = With(_root.CreateSubdirectory("loopwave-hosts-killed/1").FullName, "picture");
        var locked = With(_root.FullName, "loopwave-hosts-killed.lock");
        var others = With(_root.CreateSubdirectory("loopwave-other").FullName, "file");

        using var next = Folders();
        await next.StartAsync(CancellationToken.None);

        Assert.True(File.Exists(used));
        Assert.True(File.Exists(others));
        Assert.False(File.Exists(left));
        Assert.False(File.Exists(locked));
        Assert.False(Directory.Exists(Path.Combine(_root.FullName, "loopwave-hosts-killed")));
    }

    [Fact]
    public async Task A_folder_is_for_its_owner_alone_and_goes_with_its_host_while_the_others_stay()
    {
        using var folders = Folders();
        var (one, other) = (folders.Create(), folders.Create());
        With(one, "picture");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(one));
        }

        folders.Remove(one);

        Assert.False(Directory.Exists(one));
        Assert.True(Directory.Exists(other));
        await folders.StopAsync(CancellationToken.None);
        Assert.Empty(_root.EnumerateFileSystemInfos());
    }

    private HostFolders Folders() => new(_root.FullName, NullLogger<HostFolders>.Instance);

    private static string With(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, "x");
        return path;
    }
}
