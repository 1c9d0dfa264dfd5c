using Loopwave.Storage.Mongo;

namespace Loopwave.Storage.Tests;

/// <summary>How <c>MONGODB_URI</c> is read.</summary>
public sealed class MongoUriTests
{
    [Theory]
    [InlineData("nonsense")]
    [InlineData("mongodb://dana:hunter2@h:27017")]
    [InlineData("mongodb://dana:hunter2@h:port/loop")]
    [InlineData("mongodb://dana:hun%ter2@h/loop")]
    [InlineData("mongodb://")]
    public void An_address_that_cannot_be_used_is_one_sentence_without_the_password(string uri)
    {
        var error = Assert.Throws<DatabaseUnsuitableException>(() => MongoUri.Parse(uri));
        Assert.Contains("MONGODB_URI", error.Message);
        Assert.DoesNotContain("ter2", error.Message);
    }
}
