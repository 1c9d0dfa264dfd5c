using System.Collections.Concurrent;
using System.Security.Cryptography;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Numbers;

namespace Loopwave.Storage.Credentials;

/// <summary>
/// The encrypted credentials of a number in a database that processes share: a <see cref="CredentialFile"/> and, until it is
/// written anew, a record for each change since. Each write finds the version that it continues, so of two writers one has to
/// read again, and no later owner of the number.
/// </summary>
internal abstract class SharedCredentialStore(CredentialKeys keys) : ICredentialStore
{
    private const int Stripes = 64;
    private const int MostAttempts = 5;

    // Records grow to the size of what they change, so that writing costs twice its bytes at most.
    private const int SmallestRecords = 64 * 1024;

    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    // What a record needs to know, so that not everything is read for each: a device changes one key with every message.
    private readonly ConcurrentDictionary<string, Stored> _known = new();

    public Task<CredentialsRead> Load(string number) => InTurn<CredentialsRead>(number, async () => await Read(number) switch
    {
        (null, null) => new CredentialsRead.Missing(),
        (null, { } unreadable) => new CredentialsRead.Unreadable(unreadable),
        ({ File: null }, _) => new CredentialsRead.Missing(),
        ({ File: { } file } stored, _) => Decrypt(number, file, stored),
    });

    public Task<CredentialsSave> Save(string number, long epoch, IReadOnlyList<CredentialEntry> changes, bool begins) => InTurn(number, async () =>
    {
        for (var attempt = 1; attempt <= MostAttempts; attempt++)
        {
            if (!_known.TryGetValue(number, out var stored) || !stored.HasRoomFor(changes))
            {
                var (read, unreadable) = await Read(number);
                stored = unreadable is null ? read : throw new CredentialsUnreadableException(number, unreadable);
            }

            if (stored?.Epoch > epoch)
            {
                return CredentialsSave.StaleEpoch;
            }

            if (stored?.File is null && !begins)
            {
                return CredentialsSave.NothingStored;
            }

            // Forgotten first: when a write throws, what is stored is not known.
            _known.TryRemove(number, out _);
            var (next, result) = stored is { File: not null } && stored.HasRoomFor(changes)
                ? await Append(number, stored, epoch, changes)
                : await Rewrite(number, stored, epoch, changes);
            switch (result)
            {
                case CommitResult.Committed:
                    _known[number] = next;
                    return CredentialsSave.Saved;
                case CommitResult.StaleEpoch:
                    return CredentialsSave.StaleEpoch;
                case CommitResult.Duplicate:
                    // Somebody else wrote since this was read.
                    break;
            }
        }

        throw new StorageUnavailableException("Storage is not available: others write the same credentials.");
    });

    public Task<bool> Wipe(string number, long epoch) => InTurn(number, async () =>
    {
        _known.TryRemove(number, out _);
        return await Wipe(number, epoch, CredentialFile.WriteWiped(number, epoch, keys.Current)) is CommitResult.Committed;
    });

    /// <summary>What is stored, after everything that this process wrote; null when nothing ever was.</summary>
    protected abstract Task<StoredCredentials?> Find(string number);

    /// <summary>Adds a record behind the file of this generation, at the place where its records end.</summary>
    /// <returns>Duplicate when it is another generation or they end elsewhere.</returns>
    protected abstract Task<CommitResult> Append(string number, long epoch, byte[] generation, int place, byte[] record);

    /// <summary>Replaces the file and all its records, which must be those of <paramref name="before"/>: null when there never was one.</summary>
    protected abstract Task<CommitResult> Replace(string number, long epoch, StoredVersion? before, byte[] generation, byte[] body);

    /// <summary>Replaces whatever is there by what stays of it.</summary>
    protected abstract Task<CommitResult> Wipe(string number, long epoch, byte[] body);

    private async Task<(Stored, CommitResult)> Append(string number, Stored stored, long epoch, IReadOnlyList<CredentialEntry> changes)
    {
        var record = CredentialJournal.Record(stored.File!, stored.Records, epoch, changes);
        return (
            stored with { File = stored.File!.Sealer(), Epoch = epoch, Records = stored.Records + 1, RecordBytes = stored.RecordBytes + record.Length },
            await Append(number, epoch, stored.File.Generation, stored.Records, record));
    }

    private async Task<(Stored, CommitResult)> Rewrite(string number, Stored? stored, long epoch, IReadOnlyList<CredentialEntry> changes)
    {
        var before = stored is null ? null : new StoredVersion(stored.File?.Generation, stored.Records);
        var file = stored?.File ?? CredentialFile.Empty(number, keys.Current);
        foreach (var change in changes)
        {
            file.Set(change.Name, change.Value);
        }

        var body = file.Write(epoch);
        return (
            new Stored(file.Sealer(), epoch, body.Length, Records: 0, RecordBytes: 0),
            await Replace(number, epoch, before, file.Generation, body));
    }

    /// <summary>What is stored, or why it cannot be read; neither when there is nothing.</summary>
    private async Task<(Stored? Stored, string? Unreadable)> Read(string number)
    {
        _known.TryRemove(number, out _);
        if (await Find(number) is not { } stored)
        {
            return (null, null);
        }

        switch (CredentialFile.Read(stored.Body, number, keys))
        {
            case CredentialFileRead.Unreadable unreadable:
                return (null, unreadable.Why);
            case CredentialFileRead.Wiped wiped:
                return (new Stored(null, Math.Max(stored.Epoch, wiped.Epoch), stored.Body.Length, 0, 0), null);
            case CredentialFileRead.Found found when stored.Records is { } records && TryApply(found.File, records):
                return (
                    new Stored(found.File, Math.Max(stored.Epoch, found.File.Epoch), stored.Body.Length, records.Count, records.Sum(record => record.Length)),
                    null);
            default:
                return (null, "the journal is damaged");
        }
    }

    private static bool TryApply(CredentialFile file, IReadOnlyList<byte[]> records)
    {
        try
        {
            for (var place = 0; place < records.Count; place++)
            {
                CredentialJournal.Apply(file, place, records[place]);
            }

            return true;
        }
        catch (Exception error) when (error is CryptographicException or EndOfStreamException)
        {
            return false;
        }
    }

    private CredentialsRead Decrypt(string number, CredentialFile file, Stored stored)
    {
        try
        {
            var found = new CredentialsRead.Found([.. file.Entries().Select(entry => new CredentialEntry(entry.Name, entry.Value))]);
            _known[number] = stored with { File = file.Sealer() };
            return found;
        }
        catch (CryptographicException)
        {
            return new CredentialsRead.Unreadable("the file is damaged");
        }
    }

    /// <summary>One at a time for a number.</summary>
    private async Task<T> InTurn<T>(string number, Func<Task<T>> work)
    {
        var turn = _turns[(uint)string.GetHashCode(number, StringComparison.Ordinal) % Stripes];
        await turn.WaitAsync();
        try
        {
            return await Task.Run(work);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <param name="File">What the records continue; null when the credentials were destroyed.</param>
    /// <param name="Epoch">The epoch that wrote last.</param>
    /// <param name="Bytes">How large the file is.</param>
    private sealed record Stored(CredentialFile? File, long Epoch, int Bytes, int Records, int RecordBytes)
    {
        public bool HasRoomFor(IReadOnlyList<CredentialEntry> changes) => File is not null
            && RecordBytes + changes.Sum(change => 2L * change.Name.Length + (change.Value?.Length ?? 0) + 8) < Math.Max(SmallestRecords, Bytes);
    }
}

/// <summary>The credentials of a number as they are in the database.</summary>
/// <param name="Epoch">The epoch that wrote last.</param>
/// <param name="Records">In order; null when some that must be there are not.</param>
internal sealed record StoredCredentials(long Epoch, byte[] Body, IReadOnlyList<byte[]>? Records);

/// <param name="Generation">Null when the credentials were destroyed.</param>
internal sealed record StoredVersion(byte[]? Generation, int Records);
