using Loopwave.Numbers;
using Loopwave.Storage.Sql;

namespace Loopwave.Storage.Credentials;

/// <summary>
/// Credentials beside everything else in PostgreSQL, a row for each record. Each write finds the ownership row under no later epoch
/// and keeps it so until it is committed.
/// </summary>
internal sealed class PostgresCredentialStore(ISqlDatabase database, CredentialKeys keys) : SharedCredentialStore(keys)
{
    protected override async Task<StoredCredentials?> Find(string number)
    {
        await database.Settle(number);
        return (await database.Query(
            new Statement(
                """
                SELECT epoch, records, body, ARRAY(SELECT r.body FROM credential_record r WHERE r.number = c.number ORDER BY r.place)
                FROM credential c WHERE number = @number
                """,
                ("@number", number)),
            row => new StoredCredentials(
                row.GetInt64(0), row.GetFieldValue<byte[]>(2),
                row.GetFieldValue<byte[][]>(3) is var records && records.Length == row.GetInt64(1) ? records : null))).SingleOrDefault();
    }

    protected override Task<CommitResult> Append(string number, long epoch, byte[] generation, int place, byte[] record) => Run(
        number, epoch,
        [
            new Statement(
                """
                UPDATE credential SET epoch = @epoch, records = records + 1
                WHERE number = @number AND generation = @generation AND records = @place AND epoch <= @epoch
                """,
                ("@number", number), ("@epoch", epoch), ("@generation", generation), ("@place", (long)place))
                .OrElse(CommitResult.Duplicate),
            new Statement(
                "INSERT INTO credential_record (number, place, body) VALUES (@number, @place, @body)",
                ("@number", number), ("@place", (long)place), ("@body", record)).OrElse(CommitResult.Duplicate),
        ]);

    protected override Task<CommitResult> Replace(string number, long epoch, StoredVersion? before, byte[] generation, byte[] body)
    {
        (string, object?)[] parameters = [("@number", number), ("@epoch", epoch), ("@generation", generation), ("@body", body)];
        var write = before is null
            ? new Statement("INSERT INTO credential (number, epoch, generation, records, body) VALUES (@number, @epoch, @generation, 0, @body)", parameters)
            : new Statement(
                """
                UPDATE credential SET epoch = @epoch, generation = @generation, records = 0, body = @body
                WHERE number = @number AND generation IS NOT DISTINCT FROM @before AND records = @records AND epoch <= @epoch
                """,
                [.. parameters, ("@before", before.Generation), ("@records", (long)before.Records)]);
        return Run(number, epoch, [write.OrElse(CommitResult.Duplicate), DeleteRecords(number)]);
    }

    protected override Task<CommitResult> Wipe(string number, long epoch, byte[] body) => Run(
        number, epoch,
        [
            new Statement(
                """
                INSERT INTO credential AS known (number, epoch, records, body) VALUES (@number, @epoch, 0, @body)
                ON CONFLICT (number) DO UPDATE SET epoch = excluded.epoch, generation = NULL, records = 0, body = excluded.body
                WHERE known.epoch <= excluded.epoch
                """,
                ("@number", number), ("@epoch", epoch), ("@body", body)).OrElse(CommitResult.StaleEpoch),
            DeleteRecords(number),
        ]);

    private static Statement DeleteRecords(string number) => new("DELETE FROM credential_record WHERE number = @number", ("@number", number));

    private async Task<CommitResult> Run(string number, long epoch, List<Statement> writes)
    {
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
}
