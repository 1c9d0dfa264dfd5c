using System.Buffers;
using System.Security.Cryptography;
using Loopwave.Deployment;
using Loopwave.Media;

namespace Loopwave.Storage.Media;

/// <summary>
/// The folders of one process for files on their way: what it receives, what the engine writes, and one that its store uses as it likes.
/// </summary>
internal sealed class MediaWork
{
    private const string Processes = "processes";

    // No transfer takes as long.
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(2);

    private readonly string _incoming;
    private readonly string _transfer;
    private readonly string _own;
    private readonly bool _isShared;

    /// <param name="process">
    /// The name of this process among those that share the directory, the same after a restart; null when it belongs to this
    /// process alone. What an earlier one of that name left unfinished is removed.
    /// </param>
    /// <param name="own">The name of the third folder.</param>
    /// <param name="atStart">What becomes of the files that an earlier process left in its third folder.</param>
    public MediaWork(string root, string? process, string own, Action<string> atStart)
    {
        Root = Path.GetFullPath(root);
        var work = process is null ? Root : Path.Combine(Root, Processes, process);
        (_incoming, _transfer, _own) = Folders(work, own);
        _isShared = process is not null;
        try
        {
            OwnerOnly.CreateDirectory(Root);
            OwnerOnly.CreateDirectory(work);
            Empty(_incoming);
            Empty(_transfer);
            OwnerOnly.CreateDirectory(_own);
            ForEachFile(_own, atStart);
            TidyUpAfter(Path.Combine(Root, Processes), own, atStart);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DirectoryNotWritableException("MEDIA_DIR", Root, error);
        }
    }

    public string Root { get; }

    /// <summary>The third folder.</summary>
    public string Own()
    {
        MakeSureOf(_own);
        return _own;
    }

    public string NewTransferPath()
    {
        MakeSureOf(_transfer);
        return Path.Combine(_transfer, NewId.Media());
    }

    /// <summary>Receives a stream into a file and gives it to <paramref name="keep"/>, which moves it or reads it.</summary>
    /// <param name="toDisk">The file itself is what is kept, so it is flushed.</param>
    public async Task<MediaWrite> Receive(Stream content, long maxBytes, bool toDisk, Func<WholeFile, Task> keep, CancellationToken cancellationToken)
    {
        await InFile(() => Task.Run(() => MakeSureOf(_incoming), cancellationToken));
        var path = Path.Combine(_incoming, NewId.Media());
        try
        {
            WholeFile whole;
            await using (var file = await InFile(() => Task.FromResult(new FileStream(path, OwnerOnly.File(FileMode.CreateNew)))))
            {
                if (await Copy(content, file, maxBytes, cancellationToken) is not { } copied)
                {
                    return new MediaWrite.TooLarge(maxBytes);
                }

                whole = copied;
                if (toDisk)
                {
                    await InFile(() => Task.Run(() => file.Flush(flushToDisk: true), cancellationToken));
                }
            }

            await keep(whole);
            return new MediaWrite.Stored(whole.Hash, whole.Size);
        }
        catch (NoRoomException)
        {
            return new MediaWrite.DiskFull();
        }
        finally
        {
            // Gone already when it was moved.
            Remove(path);
        }
    }

    /// <summary>The same with a file that is there already.</summary>
    public static async Task<MediaWrite> Adopt(string path, bool toDisk, Func<WholeFile, Task> keep, CancellationToken cancellationToken)
    {
        try
        {
            WholeFile whole;
            OwnerOnly.Restrict(path);
            await using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                whole = new WholeFile(path, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)), file.Length);
                if (toDisk)
                {
                    await InFile(() => Task.Run(() => file.Flush(flushToDisk: true), cancellationToken));
                }
            }

            await keep(whole);
            return new MediaWrite.Stored(whole.Hash, whole.Size);
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

    /// <summary>Removes what transfers left that never ended, such as a file that the engine finished after it was given up.</summary>
    public void RemoveOlderThan(DateTimeOffset before)
    {
        foreach (var folder in new[] { _incoming, _transfer }.Where(Directory.Exists))
        {
            ForEachFile(folder, path =>
            {
                if (File.GetLastWriteTimeUtc(path) < before)
                {
                    Remove(path);
                }
            });
        }
    }

    // What a failing disk keeps is emptied at the next start.
    public static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    // Only what goes wrong with our file counts as a full disk, never the stream that is read from.
    public static async Task<T> InFile<T>(Func<Task<T>> work)
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

    public static Task InFile(Func<Task> work) => InFile(async () =>
    {
        await work();
        return true;
    });

    private static async Task<WholeFile?> Copy(Stream content, FileStream file, long maxBytes, CancellationToken cancellationToken)
    {
        using var hashing = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            long size = 0;
            for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                size += read;
                if (size > maxBytes)
                {
                    return null;
                }

                hashing.AppendData(buffer, 0, read);
                await InFile(() => file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).AsTask());
            }

            return new WholeFile(file.Name, Convert.ToHexStringLower(hashing.GetHashAndReset()), size);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static (string Incoming, string Transfer, string Own) Folders(string work, string own) =>
        (Path.Combine(work, "incoming"), Path.Combine(work, "transfer"), Path.Combine(work, own));

    private static void ForEachFile(string folder, Action<string> act)
    {
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            act(path);
        }
    }

    // Those of processes that never came back under their name, as after an update that gave them new ones.
    private static void TidyUpAfter(string processes, string own, Action<string> atStart)
    {
        if (!Directory.Exists(processes))
        {
            return;
        }

        foreach (var work in Directory.EnumerateDirectories(processes))
        {
            var (incoming, transfer, third) = Folders(work, own);
            string[] folders = [incoming, transfer, third];
            if (folders.All(Directory.Exists) && folders.All(folder => Age(folder) > Abandoned))
            {
                ForEachFile(third, atStart);
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

    private static void Empty(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        OwnerOnly.CreateDirectory(directory);
    }

    // ENOSPC, EDQUOT and EFBIG of Linux; ERROR_DISK_FULL of Windows.
    private static bool IsNoRoom(IOException error) => error.HResult is 28 or 122 or 27 or unchecked((int)0x80070070);
}

/// <summary>A file that is all there.</summary>
/// <param name="Hash">SHA-256 of its content, in hex.</param>
internal sealed record WholeFile(string Path, string Hash, long Size);

/// <summary>There is no room where media are kept.</summary>
internal sealed class NoRoomException(Exception? inner = null) : Exception("There is no room.", inner);
