using System.Text.Json;
using Loopwave.Storage.Mongo;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;

namespace Loopwave.Storage.Tests;

/// <summary>JSON as documents of MongoDB, on the way there and back.</summary>
public sealed class MongoJsonTests
{
    [Theory]
    [InlineData("""{"$type":"a","__type":"b","__":1,"$":2,"a.b":3,"":4}""")]
    [InlineData("""[0,-1,2147483648,9223372036854775807,18446744073709551615,0.1,1.0,1.50,1E-7]""")]
    [InlineData("""{"text":"\u0000 ü 👍","list":[[],{},null,true,false]}""")]
    public void Nothing_is_lost(string json)
    {
        using var before = JsonDocument.Parse(json);
        var stored = MongoJson.Write(before.RootElement);
        var bytes = new BsonDocument("stored", stored).ToBson();
        var read = MongoJson.Read<JsonElement>(BsonSerializer.Deserialize<BsonDocument>(bytes)["stored"]);
        Assert.Equal(JsonSerializer.Serialize(before.RootElement), JsonSerializer.Serialize(read));
    }

    [Fact]
    public void No_name_begins_with_what_the_database_takes_for_an_operator()
    {
        using var json = JsonDocument.Parse("""{"$set":{"$inc":1}}""");
        Assert.DoesNotContain("$", MongoJson.Write(json.RootElement).ToJson());
    }
}
