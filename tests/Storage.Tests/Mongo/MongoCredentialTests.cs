using System.Text;
using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Storage.Tests.Conformance;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>Credentials that several processes could write.</summary>
public sealed class MongoCredentialTests : IAsyncDisposable
{
    private readonly MongoCredentials _credentials = new();

    public ValueTask DisposeAsync() => _credentials.DisposeAsync();

    [Fact]
    public async Task Whoever_lost_the_number_saves_and_wipes_no_more_although_the_next_owner_has_written_nothing()
    {
        var owned = await Sample.OwnedNumber(_credentials.Data);
        Assert.True(await Save(_credentials.Store, owned.Id, owned.Epoch, "one"));

        await _credentials.Data.Ownership.Claim(owned.Id, owned.Incarnation);

        Assert.False(await Save(_credentials.Store, owned.Id, owned.Epoch, "two"));
        Assert.False(await _credentials.Store.Wipe(owned.Id, owned.Epoch));
        Assert.Equal("one", await Value(_credentials.Store, owned.Id));
        Assert.True(await Save(_credentials.Store, owned.Id, owned.Epoch + 1, "three"));
    }

    [Fact]
    public async Task A_number_that_was_lost_before_it_was_linked_is_not_linked_by_its_earlier_owner()
    {
        var owned = await Sample.OwnedNumber(_credentials.Data);
        await _credentials.Data.Ownership.Claim(owned.Id, owned.Incarnation);

        Assert.False(await Save(_credentials.Store, owned.Id, owned.Epoch, "one"));
        Assert.IsType<CredentialsRead.Missing>(await _credentials.Store.Load(owned.Id));
    }

    [Fact]
    public async Task A_process_goes_on_with_what_another_one_wrote_since()
    {
        await using var process = await _credentials.Data.Another();
        var other = _credentials.In(process);
        var number = NewId.Number();
        for (var i = 0; i < 6; i++)
        {
            await (i % 2 == 0 ? _credentials.Store : other).Save(number, 1 + i, [new CredentialEntry("entry " + i, [(byte)i])], begins: i == 0);
        }

        Assert.Equal(6, Assert.IsType<CredentialsRead.Found>(await other.Load(number)).Entries.Count);
        Assert.Equal(6, Assert.IsType<CredentialsRead.Found>(await _credentials.Store.Load(number)).Entries.Count);
    }

    [Fact]
    public async Task What_changes_with_every_message_costs_a_record_and_is_folded_in_when_it_has_grown_large()
    {
        var number = NewId.Number();
        await _credentials.Store.Save(number, 1, [.. Enumerable.Range(0, 800).Select(i => new CredentialEntry("pre-key " + i, new byte[100]))], begins: true);
        var whole = await _credentials.Raw(number);

        await Save(_credentials.Store, number, 1, "small");
        Assert.Equal(whole, await _credentials.Raw(number));
        Assert.Single(await Records(number));

        for (var i = 0; i < 6; i++)
        {
            await _credentials.Store.Save(number, 1, [new CredentialEntry("session", new byte[40_000])], begins: false);
        }

        Assert.InRange((await Records(number)).Count, 0, 4);
        Assert.NotEqual(whole, await _credentials.Raw(number));
        Assert.Equal("small", await Value(_credentials.Store, number));
    }

    [Fact]
    public async Task More_than_one_document_can_hold_is_saved_and_comes_back()
    {
        var number = NewId.Number();
        var large = new byte[9_000_000];
        large[^1] = 7;
        Assert.Equal(CredentialsSave.Saved, await _credentials.Store.Save(
            number, 1, [new CredentialEntry("a", large), new CredentialEntry("b", large), new CredentialEntry("c", [1])], begins: true));

        var found = Assert.IsType<CredentialsRead.Found>(await _credentials.Store.Load(number));
        Assert.Equal([large.Length, large.Length, 1], found.Entries.OrderBy(entry => entry.Name).Select(entry => entry.Value!.Length));
        Assert.Equal(large, found.Entries.First(entry => entry.Name == "b").Value);
    }

    [Fact]
    public async Task A_record_whose_writer_ended_before_it_counted_says_nothing()
    {
        var number = NewId.Number();
        await Save(_credentials.Store, number, 1, "one");
        await Save(_credentials.Store, number, 1, "two");
        var left = (BsonDocument)(await Records(number))[0].DeepClone();
        left["_id"] = "left over";
        left["body"] = new byte[100];
        await _credentials.Parts.InsertOneAsync(left);

        Assert.Equal("two", await Value(_credentials.Store, number));
        Assert.True(await Save(_credentials.Store, number, 1, "three"));
        await using var process = await _credentials.Data.Another();
        Assert.Equal("three", await Value(_credentials.In(process), number));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Records_that_are_missing_or_changed_make_all_unreadable(int record)
    {
        var missing = await FourSaves();
        await _credentials.Parts.DeleteOneAsync(new BsonDocument("_id", (await Records(missing))[record]["_id"]));
        var changed = await FourSaves();
        var other = (await Records(changed))[record];
        var body = other["body"].AsByteArray;
        body[20] ^= 1;
        await _credentials.Parts.UpdateOneAsync(new BsonDocument("_id", other["_id"]), new BsonDocument("$set", new BsonDocument("body", body)));

        foreach (var number in new[] { missing, changed })
        {
            Assert.IsType<CredentialsRead.Unreadable>(await _credentials.Store.Load(number));
            await Assert.ThrowsAsync<CredentialsUnreadableException>(() => Save(_credentials.Store, number, 1, "new"));
        }
    }

    [Fact]
    public async Task A_wipe_leaves_nothing_of_the_secrets()
    {
        var number = await FourSaves();
        Assert.True(await _credentials.Store.Wipe(number, 1));
        Assert.Empty(await Records(number));
        Assert.InRange((await _credentials.Raw(number))!.Length, 1, 100);
        Assert.Equal(1, await _credentials.Parts.CountDocumentsAsync(new BsonDocument("number", number)));
    }

    private async Task<string> FourSaves()
    {
        var number = NewId.Number();
        for (var i = 0; i < 4; i++)
        {
            await Save(_credentials.Store, number, 1, "value " + i);
        }

        return number;
    }

    private Task<List<BsonDocument>> Records(string number) => _credentials.Parts
        .Find(new BsonDocument { ["number"] = number, ["previous"] = new BsonDocument("$exists", true) }).Sort(new BsonDocument("place", 1)).ToListAsync();

    private static async Task<bool> Save(ICredentialStore store, string number, long epoch, string value) =>
        await store.Save(number, epoch, [new CredentialEntry("creds", Encoding.UTF8.GetBytes(value))], begins: true) is CredentialsSave.Saved;

    private static async Task<string> Value(ICredentialStore store, string number) => Encoding.UTF8.GetString(
        Assert.IsType<CredentialsRead.Found>(await store.Load(number)).Entries.Single(entry => entry.Name == "creds").Value!);
}
