using Loopwave.Engines;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

internal sealed class MongoSentMessages(MongoDatabase database) : ISentMessages
{
    public static BsonDocument Row(SentBytes sent) => new()
    {
        ["_id"] = Id(sent.Number, sent.WhatsAppId), ["at"] = Rows.Ticks(sent.At), ["bytes"] = sent.Bytes,
    };

    public async Task<byte[]?> Find(string number, string whatsAppId) => (await database.Run(token => database.Collection(MongoCollections.SentMessage)
        .Find(new BsonDocument("_id", Id(number, whatsAppId))).FirstOrDefaultAsync(token)))?["bytes"].AsByteArray;

    private static string Id(string number, string whatsAppId) => $"{number}/{whatsAppId}";
}
