using System.Text;
using Loopwave.Media;
using Loopwave.Storage.Media;

namespace Loopwave.Storage.Tests.Files;

/// <summary>What a directory does beside what every store of files promises.</summary>
public sealed class MediaDirectoryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("loopwave-").FullName;
    private readonly MediaDirectory _files;

    public MediaDirectoryTests() => _files = new MediaDirectory(_directory);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_disk_that_takes_no_files_is_told_from_a_bad_upload()
    {
        Directory.Delete(Path.Combine(_directory, "incoming"));

        await Assert.ThrowsAsync<Loopwave.Deployment.StorageUnavailableException>(() => Write([1]));
    }

    [Fact]
    public async Task Processes_that_share_a_directory_leave_each_others_unfinished_files_alone_and_see_the_finished_ones()
    {
        var one = new MediaDirectory(_directory, "silo-1");
        var transfer = one.NewTransferPath();
        await File.WriteAllTextAsync(transfer, "half", Token);
        var stored = Assert.IsType<MediaWrite.Stored>(await one.Write(new MemoryStream([1, 2, 3]), 10, Token));

        var other = new MediaDirectory(_directory, "silo-2");

        Assert.True(File.Exists(transfer));
        await using (var read = await other.Read(stored.Hash, Token))
        {
            Assert.Equal(3, read!.Length);
        }

        _ = new MediaDirectory(_directory, "silo-1");
        Assert.False(File.Exists(transfer));
    }

    [Fact]
    public async Task What_a_process_left_that_never_came_back_is_tidied_up_after_days_and_what_was_leaving_is_back()
    {
        var gone = new MediaDirectory(_directory, "silo-old");
        var stored = Assert.IsType<MediaWrite.Stored>(await gone.Write(new MemoryStream([1, 2, 3]), 10, Token));
        await Assert.ThrowsAsync<InvalidOperationException>(() => gone.Delete(stored.Hash, () =>
        {
            // Ends here: the process is killed while it asks.
            File.Copy(Path.Combine(_directory, "processes", "silo-old", "leaving", stored.Hash), Path.Combine(_directory, "kept"));
            throw new InvalidOperationException();
        }));
        File.Delete(PathOf(stored.Hash));
        var leaving = Path.Combine(_directory, "processes", "silo-old", "leaving", stored.Hash);
        File.Move(Path.Combine(_directory, "kept"), leaving);

        var other = new MediaDirectory(_directory, "silo-2");
        Assert.False(await other.Holds(stored.Hash, Token));

        foreach (var folder in Directory.GetDirectories(Path.Combine(_directory, "processes", "silo-old")))
        {
            Directory.SetLastWriteTimeUtc(folder, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-3));
        }

        other = new MediaDirectory(_directory, "silo-2");
        Assert.True(await other.Holds(stored.Hash, Token));
        Assert.False(Directory.Exists(Path.Combine(_directory, "processes", "silo-old")));
    }

    [Fact]
    public async Task A_file_that_the_engine_let_others_read_is_read_by_its_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var path = _files.NewTransferPath();
        await File.WriteAllTextAsync(path, "from the engine", Token);
        File.SetUnixFileMode(path, (UnixFileMode)0b110_100_100);

        var stored = Assert.IsType<MediaWrite.Stored>(await _files.Adopt(path, Token));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf(stored.Hash)));
    }

    [Fact]
    public async Task A_deleted_file_is_gone_and_one_being_read_can_be_read_to_its_end()
    {
        var stored = Assert.IsType<MediaWrite.Stored>(await Write(Encoding.UTF8.GetBytes("going")));
        await using var stream = await _files.Read(stored.Hash, Token);
        await _files.Delete(stored.Hash, () => Task.FromResult(true));
        Assert.False(await _files.Holds(stored.Hash, Token));
        Assert.Equal("going", await new StreamReader(stream!).ReadToEndAsync(Token));
    }

    [Fact]
    public async Task What_an_earlier_process_left_unfinished_is_removed_at_start()
    {
        await Write([1]);
        await File.WriteAllTextAsync(_files.NewTransferPath(), "half", Token);
        await File.WriteAllTextAsync(Path.Combine(_directory, "incoming", "f_half"), "half", Token);

        _ = new MediaDirectory(_directory);

        Assert.Single(AllFiles());
    }

    private Task<MediaWrite> Write(byte[] content) => _files.Write(new MemoryStream(content), 1_000_000, Token);

    private string PathOf(string hash) => Path.Combine(_directory, hash[..2], hash[2..4], hash);

    private string[] AllFiles() => Directory.GetFiles(_directory, "*", SearchOption.AllDirectories);
}
