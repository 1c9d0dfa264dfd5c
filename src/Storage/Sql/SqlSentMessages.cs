using Loopwave.Engines;

namespace Loopwave.Storage.Sql;

internal sealed class SqlSentMessages(ISqlDatabase database) : ISentMessages
{
    public static IEnumerable<Statement> Put(SentBytes sent, ISqlDialect dialect)
    {
        yield return new Statement(
            """
            INSERT INTO sent_message (number, whatsapp_id, at, bytes) VALUES (@number, @whatsAppId, @at, @bytes)
            ON CONFLICT (number, whatsapp_id) DO UPDATE SET at = excluded.at, bytes = excluded.bytes
            """,
            ("@number", sent.Number), ("@whatsAppId", sent.WhatsAppId), ("@at", Rows.Ticks(sent.At)), ("@bytes", sent.Bytes));

        // Each new row takes two that are over with it, so the table needs no sweeping.
        yield return new Statement(
            $"""
            DELETE FROM sent_message WHERE (number, whatsapp_id) IN (
                SELECT number, whatsapp_id FROM sent_message WHERE at <= @old ORDER BY at LIMIT 2{dialect.LockedOrLeft})
            """,
            ("@old", Rows.Ticks(sent.At - Ages.SentMessages)));
    }

    public async Task<byte[]?> Find(string number, string whatsAppId) => (await database.Query(
        new Statement(
            "SELECT bytes FROM sent_message WHERE number = @number AND whatsapp_id = @whatsAppId",
            ("@number", number), ("@whatsAppId", whatsAppId)),
        row => row.GetFieldValue<byte[]>(0))).SingleOrDefault();
}
