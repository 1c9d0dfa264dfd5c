using System.Security.Cryptography;
using Loopwave.Media;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>What every store of files promises.</summary>
public abstract class MediaFilesTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MediaFilesBackend _backend;
    private readonly IMediaFiles _files;

    protected MediaFilesTests(MediaFilesBackend backend)
    {
        _backend = backend;
        _files = backend.Start("one");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    // A service may have a slightly other time.
    private static DateTimeOffset Later => Now.AddMinutes(5);

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Content_comes_back_under_its_hash_and_is_kept_once()
    {
        var content = Any(1000);

        Assert.Equal(new MediaWrite.Stored(Hash(content), 1000), await Write(content));
        Assert.Equal(new MediaWrite.Stored(Hash(content), 1000), await _backend.Start("two").Write(new MemoryStream(content), 1000, Token));

        Assert.True(await _files.Holds(Hash(content), Token));
        Assert.Equal(content, await Bytes(Hash(content)));
        Assert.Equal(1, await _backend.Count());
        Assert.Empty(_backend.OnTheWay());
    }

    [Fact]
    public async Task What_is_not_here_is_null_and_can_be_deleted()
    {
        var hash = new string('a', 64);
        Assert.False(await _files.Holds(hash, Token));
        Assert.Null(await _files.Read(hash, Token));
        Assert.Null(await _files.Lend(hash, Token));
        var isAsked = false;

        await _files.Delete(hash, () => Task.FromResult(isAsked = true));

        Assert.True(isAsked);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("ABCDEF")]
    [InlineData("")]
    public async Task A_hash_that_is_none_reaches_nothing(string hash)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _files.Holds(hash, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _files.Read(hash, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _files.Lend(hash, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _files.Delete(hash, () => Task.FromResult(true)));
    }

    [Fact]
    public async Task A_file_beyond_the_limit_leaves_nothing()
    {
        Assert.Equal(new MediaWrite.TooLarge(10), await _files.Write(new MemoryStream(new byte[11]), 10, Token));
        Assert.Equal(0, await _backend.Count());
        Assert.Empty(_backend.OnTheWay());
        Assert.IsType<MediaWrite.Stored>(await _files.Write(new MemoryStream(new byte[10]), 10, Token));
    }

    [Fact]
    public async Task A_stream_that_breaks_leaves_nothing()
    {
        await Assert.ThrowsAsync<IOException>(() => _files.Write(new BreakingStream(), 1_000_000, Token));
        Assert.Equal(0, await _backend.Count());
        Assert.Empty(_backend.OnTheWay());
    }

    [Fact]
    public async Task Every_part_of_a_large_file_can_be_read_in_any_order()
    {
        var content = Any(300_000);
        var hash = Assert.IsType<MediaWrite.Stored>(await Write(content)).Hash;
        await using var stream = (await _files.Read(hash, Token))!;
        Assert.Equal((true, 300_000L), (stream.CanSeek, stream.Length));

        foreach (var (from, length) in new[] { (0, 16), (0, 300_000), (299_999, 1), (65_530, 20), (65_536, 100_000), (10, 5), (200_000, 100_000) })
        {
            var part = new byte[length];
            stream.Seek(from, SeekOrigin.Begin);
            await stream.ReadExactlyAsync(part, Token);
            Assert.Equal(content[from..(from + length)], part);
        }

        Assert.Equal(0, await stream.ReadAsync(new byte[1], Token));
        Assert.Equal(299_990, stream.Seek(-10, SeekOrigin.End));
    }

    [Fact]
    public async Task A_finished_file_is_taken_over()
    {
        var content = Any(1000);
        var path = _files.NewTransferPath();
        await File.WriteAllBytesAsync(path, content, Token);

        var stored = Assert.IsType<MediaWrite.Stored>(await _files.Adopt(path, Token));

        Assert.Equal((Hash(content), 1000L), (stored.Hash, stored.Size));
        Assert.False(File.Exists(path));
        Assert.Equal(content, await Bytes(stored.Hash));
        Assert.NotEqual(_files.NewTransferPath(), _files.NewTransferPath());
    }

    [Fact]
    public async Task A_lent_file_is_whole_readable_by_its_owner_alone_and_there_until_it_is_given_back()
    {
        var content = Any(200_000);
        var hash = Assert.IsType<MediaWrite.Stored>(await Write(content)).Hash;

        using var first = await _files.Lend(hash, Token);
        using (var second = await _files.Lend(hash, Token))
        {
            Assert.Equal(content, await File.ReadAllBytesAsync(second!.Path, Token));
        }

        Assert.Equal(content, await File.ReadAllBytesAsync(first!.Path, Token));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(first.Path));
        }
    }

    [Fact]
    public async Task A_file_is_away_for_everybody_while_it_is_asked_whether_it_may_go_and_back_when_it_may_not()
    {
        var stored = Assert.IsType<MediaWrite.Stored>(await Write(Any(100)));
        var other = _backend.Start("two");
        bool? meanwhile = null;

        await _files.Delete(stored.Hash, async () =>
        {
            meanwhile = await _files.Holds(stored.Hash, Token) || await other.Holds(stored.Hash, Token) || await other.Read(stored.Hash, Token) is not null;
            return false;
        });

        Assert.False(meanwhile);
        Assert.True(await other.Holds(stored.Hash, Token));
        await _files.Delete(stored.Hash, () => Task.FromResult(true));
        Assert.False(await other.Holds(stored.Hash, Token));
        Assert.Equal(0, await _backend.Count());
    }

    [Fact]
    public async Task What_is_written_while_the_same_content_is_away_stays_whatever_is_decided()
    {
        foreach (var mayGo in new[] { true, false })
        {
            var content = Any(100);
            var hash = Assert.IsType<MediaWrite.Stored>(await Write(content)).Hash;

            await _files.Delete(hash, async () =>
            {
                await _backend.Start("two").Write(new MemoryStream(content), 1000, Token);
                return mayGo;
            });

            Assert.Equal(content, await Bytes(hash));
        }
    }

    [Fact]
    public async Task A_file_whose_end_could_not_be_decided_is_back_at_once_and_after_a_crash_later()
    {
        var content = Any(100);
        var stored = Assert.IsType<MediaWrite.Stored>(await Write(content));
        await Assert.ThrowsAsync<IOException>(() => _files.Delete(stored.Hash, () => throw new IOException("The disk is full.")));
        Assert.True(await _files.Holds(stored.Hash, Token));

        // Whoever asks never comes back to it, as after a kill.
        var away = new TaskCompletionSource();
        var decision = new TaskCompletionSource<bool>();
        var deletion = _files.Delete(stored.Hash, () =>
        {
            away.SetResult();
            return decision.Task;
        });
        await away.Task.WaitAsync(Patience, TimeProvider.System, Token);

        await using (var read = await _backend.StartLater("one").Read(stored.Hash, Token))
        {
            Assert.Equal(content, await Bytes(read!));
        }

        // It was a long sleep after all, and the answer was yes: what was there since then stays.
        decision.SetResult(true);
        await deletion;
        Assert.Equal(content, await Bytes(stored.Hash));
    }

    [Fact]
    public async Task Two_deletions_at_once_leave_nothing()
    {
        var stored = Assert.IsType<MediaWrite.Stored>(await Write(Any(100)));
        var other = _backend.Start("two");

        await _files.Delete(stored.Hash, async () =>
        {
            await other.Delete(stored.Hash, () => Task.FromResult(true));
            return true;
        });

        Assert.Equal(0, await _backend.Count());
    }

    [Fact]
    public async Task One_of_two_deletions_at_once_that_may_not_leaves_the_other_ones_decision_alone()
    {
        var stored = Assert.IsType<MediaWrite.Stored>(await Write(Any(100)));
        var other = _backend.Start("two");

        await _files.Delete(stored.Hash, async () =>
        {
            await other.Delete(stored.Hash, () => Task.FromResult(false));
            Assert.False(await other.Holds(stored.Hash, Token));
            return true;
        });

        Assert.False(await other.Holds(stored.Hash, Token));
    }

    [Fact]
    public async Task What_nobody_needs_goes_once_it_is_old_and_what_is_needed_stays()
    {
        var needed = Assert.IsType<MediaWrite.Stored>(await Write(Any(100))).Hash;
        var left = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            left.Add(Assert.IsType<MediaWrite.Stored>(await Write(Any(100))).Hash);
        }

        Assert.Equal(0, await Sweep(Now.AddDays(-1), needed));
        Assert.Equal(8, await _backend.Count());

        Assert.Equal(7, await Sweep(Later, needed));
        Assert.Equal(1, await _backend.Count());
        Assert.True(await _files.Holds(needed, Token));
        Assert.Equal(0, await Sweep(Later, needed));
    }

    [Fact]
    public async Task What_is_written_down_as_needed_while_it_is_swept_stays()
    {
        var hash = Assert.IsType<MediaWrite.Stored>(await Write(Any(100))).Hash;
        var asked = 0;

        var removed = await _files.Sweep(Later, hashes => Task.FromResult<IReadOnlySet<string>>(asked++ == 0 ? [] : hashes.ToHashSet()), Token);

        Assert.Equal((0, 2), (removed, asked));
        Assert.True(await _files.Holds(hash, Token));
    }

    [Fact]
    public async Task What_a_transfer_left_behind_is_gone_after_a_start_and_when_it_is_old()
    {
        var path = _files.NewTransferPath();
        await File.WriteAllTextAsync(path, "half", Token);
        await Sweep(Now.AddDays(-1));
        Assert.True(File.Exists(path));
        await Sweep(Later);
        Assert.False(File.Exists(path));

        await File.WriteAllTextAsync(path, "half", Token);
        _backend.Start("two");
        Assert.True(File.Exists(path));
        _backend.Start("one");
        Assert.Empty(_backend.OnTheWay());
    }

    protected Task<MediaWrite> Write(byte[] content) => _files.Write(new MemoryStream(content), 1_000_000, Token);

    private static byte[] Any(int length) => RandomNumberGenerator.GetBytes(length);

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private Task<int> Sweep(DateTimeOffset before, params string[] needed) =>
        _files.Sweep(before, hashes => Task.FromResult<IReadOnlySet<string>>(hashes.Intersect(needed).ToHashSet()), Token);

    private async Task<byte[]> Bytes(string hash)
    {
        await using var stream = await _files.Read(hash, Token);
        return await Bytes(stream!);
    }

    private static async Task<byte[]> Bytes(Stream stream)
    {
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Token);
        return copy.ToArray();
    }

    private sealed class BreakingStream : MemoryStream
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ++_reads < 3 ? ValueTask.FromResult(1000) : throw new IOException("The sender went away.");
    }
}
