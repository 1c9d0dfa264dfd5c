using Loopwave.Engines;

namespace Loopwave.Storage.Sql;

internal sealed class SqlSentMessages(ISqlDatabase database) : ISentMessages
{
    public static Statement Put(SentBytes sent) => new(
        """
        INSERT INTO sent_message (number, whatsapp_id, at, bytes) VALUES (@number, @whatsAppId, @at, @bytes)
        ON CONFLICT (number, whatsapp_id) DO UPDATE SET at = excluded.at, bytes = excluded.bytes
        """,
        ("@number", sent.Number), ("@whatsAppId", sent.WhatsAppId), ("@at", Rows.Ticks(sent.At)), ("@bytes", sent.Bytes));

    public async Task<byte[]?> Find(string number, string whatsAppId) => (await database.Query(
        new Statement(
            "SELECT bytes FROM sent_message WHERE number = @number AND whatsapp_id = @whatsAppId",
            ("@number", number), ("@whatsAppId", whatsAppId)),
        row => row.GetFieldValue<byte[]>(0))).SingleOrDefault();
}
