using System.Collections.Concurrent;
using System.Security.Cryptography;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Storage.Sql;

namespace Loopwave.Storage.Credentials;

/// <summary>
/// The encrypted credentials of a number in the shared database: a <see cref="CredentialFile"/> and, until it is written anew,
/// a row for each change since. Each write finds the ownership row under no later epoch and keeps it so until it is
/// committed; and it finds the version that it continues, so of two writers one has to read again.
/// </summary>
internal sealed class PostgresCredentialStore(ISqlDatabase database, CredentialKeys keys) : ICredentialStore
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

            var (next, unit) = stored is { File: not null } && stored.HasRoomFor(changes)
                ? Append(number, stored, epoch, changes)
                : Rewrite(number, stored, epoch, changes);
            switch (await Run(number, epoch, unit))
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
        var wiped = CredentialFile.WriteWiped(number, epoch, keys.Current);
        return await Run(
            number, epoch,
            [
                new Statement(
                    """
                    INSERT INTO credential AS known (number, epoch, records, body) VALUES (@number, @epoch, 0, @body)
                    ON CONFLICT (number) DO UPDATE SET epoch = excluded.epoch, generation = NULL, records = 0, body = excluded.body
                    WHERE known.epoch <= excluded.epoch
                    """,
                    ("@number", number), ("@epoch", epoch), ("@body", wiped)).OrElse(CommitResult.StaleEpoch),
                DeleteRecords(number),
            ]) is CommitResult.Committed;
    });

    private static (Stored, List<Statement>) Append(string number, Stored stored, long epoch, IReadOnlyList<CredentialEntry> changes)
    {
        var record = CredentialJournal.Record(stored.File!, stored.Records, epoch, changes);
        return (
            stored with { File = stored.File!.Sealer(), Epoch = epoch, Records = stored.Records + 1, RecordBytes = stored.RecordBytes + record.Length },
            [
                new Statement(
                    """
                    UPDATE credential SET epoch = @epoch, records = records + 1
                    WHERE number = @number AND generation = @generation AND records = @place AND epoch <= @epoch
                    """,
                    ("@number", number), ("@epoch", epoch), ("@generation", stored.File.Generation), ("@place", (long)stored.Records))
                    .OrElse(CommitResult.Duplicate),
                new Statement(
                    "INSERT INTO credential_record (number, place, body) VALUES (@number, @place, @body)",
                    ("@number", number), ("@place", (long)stored.Records), ("@body", record)).OrElse(CommitResult.Duplicate),
            ]);
    }

    private (Stored, List<Statement>) Rewrite(string number, Stored? stored, long epoch, IReadOnlyList<CredentialEntry> changes)
    {
        var before = stored?.File?.Generation;
        var file = stored?.File ?? CredentialFile.Empty(number, keys.Current);
        foreach (var change in changes)
        {
            file.Set(change.Name, change.Value);
        }

        var body = file.Write(epoch);
        (string, object?)[] parameters = [("@number", number), ("@epoch", epoch), ("@generation", file.Generation), ("@body", body)];
        var write = stored is null
            ? new Statement("INSERT INTO credential (number, epoch, generation, records, body) VALUES (@number, @epoch, @generation, 0, @body)", parameters)
            : new Statement(
                """
                UPDATE credential SET epoch = @epoch, generation = @generation, records = 0, body = @body
                WHERE number = @number AND generation IS NOT DISTINCT FROM @before AND records = @records AND epoch <= @epoch
                """,
                [.. parameters, ("@before", before), ("@records", (long)stored.Records)]);
        return (
            new Stored(file.Sealer(), epoch, body.Length, Records: 0, RecordBytes: 0),
            [write.OrElse(CommitResult.Duplicate), DeleteRecords(number)]);
    }

    private static Statement DeleteRecords(string number) => new("DELETE FROM credential_record WHERE number = @number", ("@number", number));

    private async Task<CommitResult> Run(string number, long epoch, List<Statement> writes)
    {
        // Forgotten first: when this throws, what is stored is not known.
        _known.TryRemove(number, out _);

        // A takeover changes the row, so it comes before this or waits until this is over.
        (string, object?)[] owner = [("@number", number), ("@epoch", epoch)];
        return (await database.Run(new Unit(
            [
                new Statement($"SELECT epoch FROM number_owner WHERE number = @number{database.Dialect.Locked}", owner).Returning(),
                new Statement("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM number_owner WHERE number = @number AND epoch > @epoch)", owner)
                    .Returning().OrElse(CommitResult.StaleEpoch),
                .. writes,
            ],
            number))).Result;
    }

    /// <summary>What is stored, or why it cannot be read; neither when there is nothing.</summary>
    private async Task<(Stored? Stored, string? Unreadable)> Read(string number)
    {
        _known.TryRemove(number, out _);
        await database.Settle(number);
        var rows = await database.Query(
            new Statement(
                """
                SELECT epoch, records, body, ARRAY(SELECT r.body FROM credential_record r WHERE r.number = c.number ORDER BY r.place)
                FROM credential c WHERE number = @number
                """,
                ("@number", number)),
            row => (Epoch: row.GetInt64(0), Records: row.GetInt64(1), Body: row.GetFieldValue<byte[]>(2), Changes: row.GetFieldValue<byte[][]>(3)));
        if (rows.Count == 0)
        {
            return (null, null);
        }

        var (epoch, records, body, changes) = rows[0];
        switch (CredentialFile.Read(body, number, keys))
        {
            case CredentialFileRead.Unreadable unreadable:
                return (null, unreadable.Why);
            case CredentialFileRead.Wiped wiped:
                return (new Stored(null, Math.Max(epoch, wiped.Epoch), body.Length, 0, 0), null);
            case CredentialFileRead.Found found when records == changes.Length && TryApply(found.File, changes):
                return (new Stored(found.File, Math.Max(epoch, found.File.Epoch), body.Length, changes.Length, changes.Sum(change => change.Length)), null);
            default:
                return (null, "the journal is damaged");
        }
    }

    private static bool TryApply(CredentialFile file, byte[][] changes)
    {
        try
        {
            for (var place = 0; place < changes.Length; place++)
            {
                CredentialJournal.Apply(file, place, changes[place]);
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
