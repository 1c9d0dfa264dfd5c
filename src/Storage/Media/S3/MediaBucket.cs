using System.Security.Cryptography;
using Loopwave.Deployment;
using Loopwave.Media;

namespace Loopwave.Storage.Media.S3;

/// <summary>
/// Media in an S3-compatible bucket. Files pass through a folder of this process: what is received is hashed there before it is stored,
/// since its hash is its name, and what the engine sends is brought there. <see cref="ObjectNames"/> says why nothing is lost when several
/// processes work on one content.
/// </summary>
internal sealed class MediaBucket : IMediaFiles, IDisposable
{
    private const int HeadLength = 64 * 1024;

    // Longer than anybody takes to decide, whose clock may differ from the service's besides.
    private static readonly TimeSpan Stuck = TimeSpan.FromMinutes(1);

    private readonly S3Bucket _bucket;
    private readonly MediaWork _work;
    private readonly LocalCopies _copies;
    private readonly TimeProvider _clock;

    /// <param name="directory"><c>MEDIA_DIR</c>.</param>
    /// <param name="process">As for <see cref="MediaDirectory"/>.</param>
    public MediaBucket(S3Bucket bucket, string directory, string? process, TimeProvider clock)
    {
        (_bucket, _clock) = (bucket, clock);
        _work = new MediaWork(directory, process, "outgoing", MediaWork.Remove);
        _copies = new LocalCopies(_work.Own, Fetch, clock);
    }

    public Task<MediaWrite> Write(Stream content, long maxBytes, CancellationToken cancellationToken) =>
        _work.Receive(content, maxBytes, toDisk: false, file => Keep(file, cancellationToken), cancellationToken);

    public Task<MediaWrite> Adopt(string path, CancellationToken cancellationToken) =>
        MediaWork.Adopt(path, toDisk: false, file => Keep(file, cancellationToken), cancellationToken);

    public async Task<Stream?> Read(string hash, CancellationToken cancellationToken)
    {
        if (await Find(hash, cancellationToken) is not { } found)
        {
            return null;
        }

        var head = found.Size is 0 ? [] : await _bucket.Read(found.Name, 0, (int)Math.Min(found.Size, HeadLength), cancellationToken);
        return head is null ? null : new ObjectStream(_bucket, found.Name, found.Size, head);
    }

    public async Task<bool> Holds(string hash, CancellationToken cancellationToken) => await Find(hash, cancellationToken) is not null;

    public Task<LentFile?> Lend(string hash, CancellationToken cancellationToken)
    {
        _ = ObjectNames.Of(hash);
        return _copies.Lend(hash, cancellationToken);
    }

    public string NewTransferPath() => _work.NewTransferPath();

    public async Task Delete(string hash, Func<Task<bool>> mayGo)
    {
        var here = (await Contents(hash, CancellationToken.None)).Where(content => content.IsHere).ToList();
        var hidden = new List<(string Content, string Mark)>();
        try
        {
            foreach (var content in here)
            {
                var mark = ObjectNames.NewMarkOf(content.Name);
                hidden.Add((content.Name, mark));
                await Mark(mark);
            }

            if (await mayGo())
            {
                foreach (var (content, _) in hidden)
                {
                    await _bucket.Delete(content, CancellationToken.None);
                }
            }
        }
        finally
        {
            await Unmark(hidden.Select(one => one.Mark));
        }
    }

    public async Task<int> Sweep(
        DateTimeOffset before, Func<IReadOnlyCollection<string>, Task<IReadOnlySet<string>>> needed, CancellationToken cancellationToken)
    {
        _work.RemoveOlderThan(before);
        return await new BucketSweep(_bucket, this, before, needed).Run(cancellationToken);
    }

    /// <summary>What a hidden content holds, under a name of its own that whoever hid it does not know of. Null when it is gone meanwhile.</summary>
    internal async Task<StoredObject?> Rescue(StoredObject hidden, string hash, CancellationToken cancellationToken)
    {
        var name = ObjectNames.NewOf(hash);
        return await _bucket.Copy(hidden.Name, name, cancellationToken) ? hidden with { Name = name } : null;
    }

    public void Dispose() => _copies.Dispose();

    private async Task Keep(WholeFile file, CancellationToken cancellationToken)
    {
        var here = await Contents(file.Hash, cancellationToken);
        if (!here.Any(content => content.IsHere && content.Content!.Size == file.Size))
        {
            await _bucket.Put(ObjectNames.NewOf(file.Hash), file, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<StoredContent>> Contents(string hash, CancellationToken cancellationToken) =>
        ObjectNames.Read(await _bucket.List(ObjectNames.Of(hash), cancellationToken));

    // What a crash left hidden is as good as ever, and whoever hid it may still wake and remove it under its old name.
    private async Task<StoredObject?> Find(string hash, CancellationToken cancellationToken)
    {
        var contents = await Contents(hash, cancellationToken);
        return contents.FirstOrDefault(content => content.IsHere)?.Content
            ?? (contents.FirstOrDefault(content => content.IsStuck(_clock.GetUtcNow() - Stuck)) is { } stuck
                ? await Rescue(stuck.Content!, hash, cancellationToken)
                : null);
    }

    private async Task Mark(string mark)
    {
        try
        {
            await _bucket.Put(mark, CancellationToken.None);
        }
        catch (NoRoomException)
        {
            throw new StorageUnavailableException("The bucket of media is full, and does not even take what is needed to make room.");
        }
    }

    // What stays of them hides content until it is rescued, so this is no reason to report another failure than the first.
    private async Task Unmark(IEnumerable<string> marks)
    {
        foreach (var mark in marks)
        {
            try
            {
                await _bucket.Delete(mark, CancellationToken.None);
            }
            catch (StorageUnavailableException)
            {
            }
        }
    }

    private async Task<bool> Fetch(string hash, string path)
    {
        var isWhole = false;
        try
        {
            await using var content = await Read(hash, CancellationToken.None);
            if (content is null)
            {
                return false;
            }

            using var hashing = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using (var file = await MediaWork.InFile(() => Task.FromResult(new FileStream(path, OwnerOnly.File(FileMode.CreateNew)))))
            {
                var buffer = new byte[64 * 1024];
                for (int read; (read = await content.ReadAsync(buffer)) > 0;)
                {
                    hashing.AppendData(buffer, 0, read);
                    await MediaWork.InFile(() => file.WriteAsync(buffer.AsMemory(0, read)).AsTask());
                }
            }

            return isWhole = Convert.ToHexStringLower(hashing.GetHashAndReset()) == hash ? true : throw _bucket.Errors.Damaged();
        }
        catch (NoRoomException error)
        {
            throw new StorageUnavailableException("There is no room in MEDIA_DIR for a file to send.", error);
        }
        finally
        {
            if (!isWhole)
            {
                MediaWork.Remove(path);
            }
        }
    }
}
