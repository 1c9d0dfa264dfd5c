using Loopwave.Media;

namespace Loopwave.Storage.Media;

/// <summary>
/// Media in a directory, each file under the hash of its content: <c>ab/cd/abcd…</c>. Written beside, flushed, and then
/// renamed, so that a name always stands for the whole content.
/// </summary>
internal sealed class MediaDirectory : IMediaFiles
{
    private const int SweptAtOnce = 500;

    private readonly MediaWork _work;

    /// <param name="process">
    /// The name of this process among those that share the directory, the same after a restart; null when it belongs to this
    /// process alone. What an earlier one of that name left unfinished is removed.
    /// </param>
    public MediaDirectory(string root, string? process = null)
    {
        var full = Path.GetFullPath(root);

        // Whether it could go was not decided when the process ended.
        _work = new MediaWork(root, process, "leaving", path => Keep(full, path, Path.GetFileName(path)));
    }

    public Task<MediaWrite> Write(Stream content, long maxBytes, CancellationToken cancellationToken) =>
        _work.Receive(content, maxBytes, toDisk: true, file => Keep(file, cancellationToken), cancellationToken);

    public Task<MediaWrite> Adopt(string path, CancellationToken cancellationToken) =>
        MediaWork.Adopt(path, toDisk: true, file => Keep(file, cancellationToken), cancellationToken);

    public Task<Stream?> Read(string hash, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<Stream?>(new FileStream(
                PathOf(hash), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, FileOptions.Asynchronous));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task<bool> Holds(string hash, CancellationToken cancellationToken) => Task.FromResult(File.Exists(PathOf(hash)));

    public Task<LentFile?> Lend(string hash, CancellationToken cancellationToken)
    {
        var path = PathOf(hash);
        return Task.FromResult(File.Exists(path) ? new LentFile(path) : null);
    }

    public string NewTransferPath() => _work.NewTransferPath();

    public async Task Delete(string hash, Func<Task<bool>> mayGo)
    {
        var leaving = TakeAway(hash);
        try
        {
            if (await mayGo() && leaving is not null)
            {
                File.Delete(leaving);
            }
        }
        finally
        {
            if (File.Exists(leaving))
            {
                Keep(_work.Root, leaving, hash);
            }
        }
    }

    public async Task<int> Sweep(
        DateTimeOffset before, Func<IReadOnlyCollection<string>, Task<IReadOnlySet<string>>> needed, CancellationToken cancellationToken)
    {
        _work.RemoveOlderThan(before);
        var removed = 0;
        foreach (var some in WrittenBefore(before).Chunk(SweptAtOnce))
        {
            var kept = await needed(some);
            foreach (var hash in some.Where(hash => !kept.Contains(hash)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var gone = false;
                await Delete(hash, async () => gone = (await needed([hash])).Count == 0);
                removed += gone ? 1 : 0;
            }
        }

        return removed;
    }

    private IEnumerable<string> WrittenBefore(DateTimeOffset time) =>
        from one in Directory.EnumerateDirectories(_work.Root, "??")
        from two in Directory.EnumerateDirectories(one, "??")
        from path in Directory.EnumerateFiles(two)
        where MediaHash.IsOne(Path.GetFileName(path)) && File.GetLastWriteTimeUtc(path) < time
        select Path.GetFileName(path);

    private string? TakeAway(string hash)
    {
        var leaving = Path.Combine(_work.Own(), hash);
        try
        {
            File.Move(PathOf(hash), leaving, overwrite: true);
            return leaving;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private Task Keep(WholeFile file, CancellationToken cancellationToken) =>
        MediaWork.InFile(() => Task.Run(() => Keep(_work.Root, file.Path, file.Hash), cancellationToken));

    private static void Keep(string root, string path, string hash)
    {
        var target = PathOf(root, hash);
        var directory = Path.GetDirectoryName(target)!;
        OwnerOnly.CreateDirectory(directory);
        File.Move(path, target, overwrite: true);
        OwnerOnly.FlushDirectory(directory);
    }

    private string PathOf(string hash) => PathOf(_work.Root, hash);

    private static string PathOf(string root, string hash) => MediaHash.IsOne(hash)
        ? Path.Combine(root, hash[..2], hash[2..4], hash)
        : throw new ArgumentException("This is no hash of a file.", nameof(hash));
}
