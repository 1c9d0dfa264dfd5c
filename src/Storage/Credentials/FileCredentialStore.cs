using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Numbers;

namespace Loopwave.Storage.Credentials;

/// <summary>
/// One encrypted file per number below <c>AUTH_DIR/numbers</c>, replaced as a whole, and a journal of what changed since
/// (<see cref="CredentialJournal"/>). The version before is kept beside it for a person to look at; nothing ever falls back
/// to it by itself, since old keys of a device break its sessions.
/// </summary>
internal sealed class FileCredentialStore : ICredentialStore
{
    private const int Stripes = 64;

    // A journal grows to the size of its file, so that writing costs twice its bytes at most; a small file is not worth one.
    private const int SmallestJournal = 64 * 1024;

    private readonly string _directory;
    private readonly CredentialKeys _keys;
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    /// <param name="authDirectory">Locked for this process by the caller.</param>
    /// <param name="configuredKey"><c>CREDENTIALS_KEY</c>, where it is set.</param>
    public FileCredentialStore(string authDirectory, string? configuredKey)
    {
        _directory = Path.Combine(authDirectory, "numbers");
        try
        {
            OwnerOnly.CreateDirectory(_directory);
            var any = Directory.EnumerateFiles(_directory, "*.credentials", SearchOption.AllDirectories).Any();
            _keys = CredentialKeys.Open(configuredKey, Path.Combine(authDirectory, "key"), any);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DirectoryNotWritableException("AUTH_DIR", Path.GetFullPath(authDirectory), error);
        }
    }

    public Task<CredentialsRead> Load(string number) => InTurn<CredentialsRead>(number, path => Read(path, number) switch
    {
        null or CredentialFileRead.Wiped => new CredentialsRead.Missing(),
        CredentialFileRead.Unreadable unreadable => new CredentialsRead.Unreadable(unreadable.Why),
        CredentialFileRead.Found found => Decrypt(found.File),
        var unknown => throw new InvalidOperationException($"Unknown result {unknown}."),
    });

    public Task<CredentialsSave> Save(string number, long epoch, IReadOnlyList<CredentialEntry> changes, bool begins) => InTurn(number, path =>
    {
        var read = Read(path, number);
        var (stored, known) = read switch
        {
            null => (null, 0),
            CredentialFileRead.Wiped wiped => (null, wiped.Epoch),
            CredentialFileRead.Found found => (found.File, found.File.Epoch),
            CredentialFileRead.Unreadable unreadable => throw new CredentialsUnreadableException(number, unreadable.Why),
            var unknown => throw new InvalidOperationException($"Unknown result {unknown}."),
        };
        if (known > epoch)
        {
            return CredentialsSave.StaleEpoch;
        }

        if (stored is null && !begins)
        {
            return CredentialsSave.NothingStored;
        }

        var file = stored ?? New(number);

        if (read is CredentialFileRead.Found { Journal: var end } && end.Length + SizeOf(changes) < Math.Max(SmallestJournal, new FileInfo(path).Length))
        {
            CredentialJournal.Append(JournalOf(path), file, end, epoch, changes);
            return CredentialsSave.Saved;
        }

        foreach (var change in changes)
        {
            file.Set(change.Name, change.Value);
        }

        OwnerOnly.CreateDirectory(Path.GetDirectoryName(path)!);
        DurableFile.Replace(path, file.Write(epoch), path + ".previous");
        File.Delete(JournalOf(path));
        return CredentialsSave.Saved;
    });

    public Task<bool> Wipe(string number, long epoch) => InTurn(number, path =>
    {
        var before = Read(path, number);
        var known = before switch
        {
            null or CredentialFileRead.Unreadable => 0,
            CredentialFileRead.Wiped wiped => wiped.Epoch,
            CredentialFileRead.Found found => found.File.Epoch,
            _ => throw new InvalidOperationException($"Unknown result {before}."),
        };
        if (known > epoch)
        {
            return false;
        }

        if (before is null)
        {
            return true;
        }

        if (_keys.WhyMissing is null)
        {
            DurableFile.Replace(path, CredentialFile.WriteWiped(number, epoch, _keys.Current));
        }
        else
        {
            File.Delete(path);
        }

        // What is beside it holds the same secrets.
        File.Delete(JournalOf(path));
        File.Delete(path + ".new");
        File.Delete(path + ".previous");
        OwnerOnly.FlushDirectory(Path.GetDirectoryName(path)!);
        return true;
    });

    private static CredentialsRead Decrypt(CredentialFile file)
    {
        try
        {
            return new CredentialsRead.Found([.. file.Entries().Select(entry => new CredentialEntry(entry.Name, entry.Value))]);
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return new CredentialsRead.Unreadable("the file is damaged");
        }
    }

    private CredentialFile New(string number) => _keys.WhyMissing is { } why
        ? throw new CredentialsUnreadableException(number, why)
        : CredentialFile.Empty(number, _keys.Current);

    private CredentialFileRead? Read(string path, string number)
    {
        var journal = JournalOf(path);
        if (!File.Exists(path))
        {
            return File.Exists(journal) ? new CredentialFileRead.Unreadable("the file is missing, and only what changed since is there") : null;
        }

        var read = CredentialFile.Read(File.ReadAllBytes(path), number, _keys);
        if (read is not CredentialFileRead.Found found || !File.Exists(journal))
        {
            return read;
        }

        try
        {
            return found with { Journal = CredentialJournal.Replay(found.File, File.ReadAllBytes(journal)) };
        }
        catch (Exception error) when (error is System.Security.Cryptography.CryptographicException or EndOfStreamException)
        {
            return new CredentialFileRead.Unreadable("the journal is damaged");
        }
    }

    private static string JournalOf(string path) => path + ".journal";

    private static long SizeOf(IReadOnlyList<CredentialEntry> changes) => changes.Sum(change => 2L * change.Name.Length + (change.Value?.Length ?? 0) + 8);

    /// <summary>Runs file work away from the caller's thread, one at a time for a number.</summary>
    private async Task<T> InTurn<T>(string number, Func<string, T> work)
    {
        var path = PathOf(number);
        var turn = _turns[(uint)string.GetHashCode(number, StringComparison.Ordinal) % Stripes];
        await turn.WaitAsync();
        try
        {
            return await Task.Run(() => work(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException("The credentials cannot be read or written now.", error);
        }
        finally
        {
            turn.Release();
        }
    }

    // A folder per last two characters keeps folders short with 100,000 numbers.
    private string PathOf(string number)
    {
        if (number.Length is < 3 or > 64 || !number.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            throw new ArgumentException("This is no number id.", nameof(number));
        }

        return Path.Combine(_directory, number[^2..], number + ".credentials");
    }
}
