using System.Security.Cryptography;
using System.Text;
using Loopwave.Media;
using Loopwave.Storage.Media;

namespace Loopwave.Storage.Tests.Files;

public sealed class MediaDirectoryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("loopwave-").FullName;
    private readonly MediaDirectory _files;

    public MediaDirectoryTests() => _files = new MediaDirectory(_directory);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Content_comes_back_under_its_hash_and_is_kept_once()
    {
        var content = Encoding.UTF8.GetBytes("a picture");
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));

        Assert.Equal(new MediaWrite.Stored(hash, content.Length), await Write(content));
        Assert.Equal(new MediaWrite.Stored(hash, content.Length), await Write(content));

        await using var stream = await _files.Read(hash, Token);
        Assert.True(stream!.CanSeek);
        Assert.Equal("a picture", await new StreamReader(stream).ReadToEndAsync(Token));
        Assert.Equal(Path.Combine(_directory, hash[..2], hash[2..4], hash), await _files.Path(hash, Token));
        Assert.Single(AllFiles());
    }

    [Fact]
    public async Task What_is_not_here_is_null()
    {
        var hash = new string('a', 64);
        Assert.Null(await _files.Read(hash, Token));
        Assert.Null(await _files.Path(hash, Token));
        await _files.Delete(hash, () => Task.FromResult(true));
    }

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
        File.Delete((await gone.Path(stored.Hash, Token))!);
        var leaving = Path.Combine(_directory, "processes", "silo-old", "leaving", stored.Hash);
        File.Move(Path.Combine(_directory, "kept"), leaving);

        var other = new MediaDirectory(_directory, "silo-2");
        Assert.Null(await other.Path(stored.Hash, Token));

        foreach (var folder in Directory.GetDirectories(Path.Combine(_directory, "processes", "silo-old")))
        {
            Directory.SetLastWriteTimeUtc(folder, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-3));
        }

        other = new MediaDirectory(_directory, "silo-2");
        Assert.NotNull(await other.Path(stored.Hash, Token));
        Assert.False(Directory.Exists(Path.Combine(_directory, "processes", "silo-old")));
    }

    [Fact]
    public async Task A_file_beyond_the_limit_leaves_nothing()
    {
        Assert.Equal(new MediaWrite.TooLarge(10), await _files.Write(new MemoryStream(new byte[11]), 10, Token));
        Assert.IsType<MediaWrite.Stored>(await _files.Write(new MemoryStream(new byte[10]), 10, Token));
        Assert.Single(AllFiles());
    }

    [Fact]
    public async Task A_stream_that_breaks_leaves_nothing()
    {
        await Assert.ThrowsAsync<IOException>(() => _files.Write(new BreakingStream(), 1_000_000, Token));
        Assert.Empty(AllFiles());
    }

    [Fact]
    public async Task A_finished_file_is_taken_over()
    {
        var path = _files.NewTransferPath();
        await File.WriteAllTextAsync(path, "from the engine", Token);

        var stored = Assert.IsType<MediaWrite.Stored>(await _files.Adopt(path, Token));

        Assert.False(File.Exists(path));
        Assert.Equal("from the engine", await File.ReadAllTextAsync((await _files.Path(stored.Hash, Token))!, Token));
        Assert.NotEqual(_files.NewTransferPath(), _files.NewTransferPath());
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

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode((await _files.Path(stored.Hash, Token))!));
    }

    [Fact]
    public async Task A_deleted_file_is_gone_and_one_being_read_can_be_read_to_its_end()
    {
        var stored = Assert.IsType<MediaWrite.Stored>(await Write(Encoding.UTF8.GetBytes("going")));
        await using var stream = await _files.Read(stored.Hash, Token);
        await _files.Delete(stored.Hash, () => Task.FromResult(true));
        Assert.Null(await _files.Path(stored.Hash, Token));
        Assert.Equal("going", await new StreamReader(stream!).ReadToEndAsync(Token));
    }

    [Fact]
    public async Task A_file_is_away_while_it_is_asked_whether_it_may_go_and_back_when_it_may_not()
    {
        var stored = Assert.IsType<MediaWrite.Stored>(await Write(Encoding.UTF8.GetBytes("staying")));
        string? meanwhile = "not asked";

        await _files.Delete(stored.Hash, async () =>
        {
            meanwhile = await _files.Path(stored.Hash, Token);
            return false;
        });

        Assert.Null(meanwhile);
        Assert.Equal("staying", await File.ReadAllTextAsync((await _files.Path(stored.Hash, Token))!, Token));
        Assert.Single(AllFiles());
    }

    [Fact]
    public async Task A_file_whose_end_could_not_be_decided_is_back_at_once_and_after_a_crash_at_the_next_start()
    {
        var stored = Assert.IsType<MediaWrite.Stored>(await Write(Encoding.UTF8.GetBytes("staying")));
        await Assert.ThrowsAsync<IOException>(() => _files.Delete(stored.Hash, () => throw new IOException("The disk is full.")));
        Assert.NotNull(await _files.Path(stored.Hash, Token));

        await _files.Delete(stored.Hash, async () =>
        {
            var next = new MediaDirectory(_directory);
            Assert.Equal("staying", await File.ReadAllTextAsync((await next.Path(stored.Hash, Token))!, Token));
            return false;
        });

        Assert.NotNull(await _files.Path(stored.Hash, Token));
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

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("ABCDEF")]
    public async Task A_hash_that_is_none_reaches_no_file(string hash) =>
        await Assert.ThrowsAsync<ArgumentException>(() => _files.Path(hash, Token));

    private Task<MediaWrite> Write(byte[] content) => _files.Write(new MemoryStream(content), 1_000_000, Token);

    private string[] AllFiles() => Directory.GetFiles(_directory, "*", SearchOption.AllDirectories);

    private sealed class BreakingStream : MemoryStream
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ++_reads < 3 ? ValueTask.FromResult(1000) : throw new IOException("The sender went away.");
    }
}
