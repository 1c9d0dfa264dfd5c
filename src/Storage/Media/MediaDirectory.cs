using System.Buffers;
using System.Security.Cryptography;
using Loopwave.Deployment;
using Loopwave.Media;

namespace Loopwave.Storage.Media;

/// <summary>
/// Media in a directory, each file under the hash of its content: <c>ab/cd/abcd…</c>. Written beside, flushed, and then
/// renamed, so that a name always stands for the whole content.
/// </summary>
internal sealed class MediaDirectory : IMediaFiles
{
    private const int HashLength = 64;
    private const string Processes = "processes";

    // No transfer takes as long.
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(2);

    private readonly string _root;
    private readonly string _incoming;
    private readonly string _transfer;
    private readonly string _leaving;
    private readonly bool _isShared;

    /// <param name="process">
    /// The name of this process among those that share the directory, the same after a restart; null when it belongs to this
    /// process alone. What an earlier one of that name left unfinished is removed.
    /// </param>
    public MediaDirectory(string root, string? process = null)
    {
        _root = System.IO.Path.GetFullPath(root);
        var work = process is null ? _root : System.IO.Path.Combine(_root, Processes, process);
        (_incoming, _transfer, _leaving) = Folders(work);
        _isShared = process is not null;
        try
        {
            OwnerOnly.CreateDirectory(_root);
            OwnerOnly.CreateDirectory(work);
            Empty(_incoming);
            Empty(_transfer);
            OwnerOnly.CreateDirectory(_leaving);
            PutBackAll(_leaving);
            TidyUpAfter(System.IO.Path.Combine(_root, Processes));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DirectoryNotWritableException("MEDIA_DIR", _root, error);
        }
    }

    public async Task<MediaWrite> Write(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        await InFile(() => Task.Run(() => MakeSureOf(_incoming), cancellationToken));
        var path = System.IO.Path.Combine(_incoming, NewId.Media());
        try
        {
            string hash;
            long size = 0;
            await using (var file = await InFile(() => Task.FromResult(new FileStream(path, OwnerOnly.File(FileMode.CreateNew)))))
            {
                using var hashing = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
                try
                {
                    for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0;)
                    {
                        size += read;
                        if (size > maxBytes)
                        {
                            return new MediaWrite.TooLarge(maxBytes);
                        }

                        hashing.AppendData(buffer, 0, read);
                        await InFile(() => file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).AsTask());
                    }
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }

                hash = Convert.ToHexStringLower(hashing.GetHashAndReset());
                await InFile(() => Task.Run(() => file.Flush(flushToDisk: true), cancellationToken));
            }

            await InFile(() => Task.Run(() => Keep(path, hash), cancellationToken));
            return new MediaWrite.Stored(hash, size);
        }
        catch (NoRoomException)
        {
            return new MediaWrite.DiskFull();
        }
        finally
        {
            // Gone already when it was kept.
            Remove(path);
        }
    }

    public async Task<MediaWrite> Adopt(string path, CancellationToken cancellationToken)
    {
        try
        {
            string hash;
            long size;
            OwnerOnly.Restrict(path);
            await using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
                size = file.Length;
                await InFile(() => Task.Run(() => file.Flush(flushToDisk: true), cancellationToken));
            }

            await InFile(() => Task.Run(() => Keep(path, hash), cancellationToken));
            return new MediaWrite.Stored(hash, size);
        }
        catch (NoRoomException)
        {
            return new MediaWrite.DiskFull();
        }
        finally
        {
            Remove(path);
        }
    }

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

    public Task<string?> Path(string hash, CancellationToken cancellationToken)
    {
        var path = PathOf(hash);
        return Task.FromResult(File.Exists(path) ? path : null);
    }

    public string NewTransferPath()
    {
        MakeSureOf(_transfer);
        return System.IO.Path.Combine(_transfer, NewId.Media());
    }

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
                Keep(leaving, hash);
            }
        }
    }

    private string? TakeAway(string hash)
    {
        MakeSureOf(_leaving);
        var leaving = System.IO.Path.Combine(_leaving, hash);
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

    private static (string Incoming, string Transfer, string Leaving) Folders(string work) =>
        (System.IO.Path.Combine(work, "incoming"), System.IO.Path.Combine(work, "transfer"), System.IO.Path.Combine(work, "leaving"));

    // Whether it could go was not decided when the process ended.
    private void PutBackAll(string leaving)
    {
        foreach (var path in Directory.EnumerateFiles(leaving))
        {
            Keep(path, System.IO.Path.GetFileName(path));
        }
    }

    // Those of processes that never came back under their name, as after an update that gave them new ones.
    private void TidyUpAfter(string processes)
    {
        if (!Directory.Exists(processes))
        {
            return;
        }

        foreach (var work in Directory.EnumerateDirectories(processes))
        {
            var (incoming, transfer, leaving) = Folders(work);
            string[] folders = [incoming, transfer, leaving];
            if (folders.All(Directory.Exists) && folders.All(folder => Age(folder) > Abandoned))
            {
                PutBackAll(leaving);
                Directory.Delete(work, recursive: true);
            }
        }
    }

    // A process that did nothing for days may have been taken for one that never came back.
    private void MakeSureOf(string folder)
    {
        if (_isShared)
        {
            OwnerOnly.CreateDirectory(folder);
        }
    }

    private static TimeSpan Age(string folder) => TimeProvider.System.GetUtcNow() - Directory.GetLastWriteTimeUtc(folder);

    private void Keep(string path, string hash)
    {
        var target = PathOf(hash);
        var directory = System.IO.Path.GetDirectoryName(target)!;
        OwnerOnly.CreateDirectory(directory);
        File.Move(path, target, overwrite: true);
        OwnerOnly.FlushDirectory(directory);
    }

    private string PathOf(string hash) => hash.Length == HashLength && hash.All(char.IsAsciiHexDigitLower)
        ? System.IO.Path.Combine(_root, hash[..2], hash[2..4], hash)
        : throw new ArgumentException("This is no hash of a file.", nameof(hash));

    private static void Empty(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        OwnerOnly.CreateDirectory(directory);
    }

    // Only what goes wrong with our file counts as a full disk, never the stream that is read from.
    // What a failing disk keeps is emptied at the next start.
    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static Task InFile(Func<Task> work) => InFile(async () =>
    {
        await work();
        return true;
    });

    private static async Task<T> InFile<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (IOException error) when (IsNoRoom(error))
        {
            throw new NoRoomException(error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The disk's fault, not that of whoever sends the bytes.
            throw new StorageUnavailableException("Media cannot be stored at the moment.", error);
        }
    }

    // ENOSPC, EDQUOT and EFBIG of Linux; ERROR_DISK_FULL of Windows.
    private static bool IsNoRoom(IOException error) => error.HResult is 28 or 122 or 27 or unchecked((int)0x80070070);

    private sealed class NoRoomException(Exception inner) : Exception("There is no room.", inner);
}
