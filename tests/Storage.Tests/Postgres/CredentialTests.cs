using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>Credentials that several processes could write.</summary>
public sealed class CredentialTests : IAsyncDisposable
{
    private readonly PostgresCredentials _credentials = new();

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
    public async Task A_process_goes_on_with_what_another_one_wrote_since()
    {
        await using var process = _credentials.Data.Another();
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
    public async Task What_changes_with_every_message_costs_a_row_and_is_folded_in_when_it_has_grown_large()
    {
        var number = NewId.Number();
        await _credentials.Store.Save(number, 1, [.. Enumerable.Range(0, 800).Select(i => new CredentialEntry("pre-key " + i, new byte[100]))], begins: true);
        var whole = await _credentials.Raw(number);

        await Save(_credentials.Store, number, 1, "small");
        Assert.Equal(whole, await _credentials.Raw(number));
        Assert.Equal(1, await Records(number));

        for (var i = 0; i < 6; i++)
        {
            await _credentials.Store.Save(number, 1, [new CredentialEntry("session", new byte[40_000])], begins: false);
        }

        Assert.InRange(await Records(number), 0, 4);
        Assert.NotEqual(whole, await _credentials.Raw(number));
        Assert.Equal("small", await Value(_credentials.Store, number));
    }

    [Theory]
    [InlineData("DELETE FROM credential_record WHERE place = 1")]
    [InlineData("DELETE FROM credential_record WHERE place = 2")]
    [InlineData("UPDATE credential_record SET place = place + 10 WHERE place = 0")]
    [InlineData("UPDATE credential_record SET body = set_byte(body, 20, get_byte(body, 20) # 1) WHERE place = 2")]
    public async Task Records_that_are_missing_moved_or_changed_make_all_unreadable(string damage)
    {
        var number = NewId.Number();
        for (var i = 0; i < 4; i++)
        {
            await Save(_credentials.Store, number, 1, "value " + i);
        }

        await _credentials.Data.Database.Run(new Unit([new Statement(damage)]));

        Assert.IsType<CredentialsRead.Unreadable>(await _credentials.Store.Load(number));
        await Assert.ThrowsAsync<CredentialsUnreadableException>(() => Save(_credentials.Store, number, 1, "new"));
    }

    [Fact]
    public async Task A_wipe_leaves_nothing_of_the_secrets()
    {
        var number = NewId.Number();
        await Save(_credentials.Store, number, 1, "one");
        await Save(_credentials.Store, number, 1, "two");
        Assert.True(await _credentials.Store.Wipe(number, 1));
        Assert.Equal(0, await Records(number));
        Assert.InRange((await _credentials.Raw(number))!.Length, 1, 100);
    }

    private async Task<int> Records(string number) => (await _credentials.Data.Database.Query(
        new Statement("SELECT count(*) FROM credential_record WHERE number = @number", ("@number", number)), row => row.GetInt32(0))).Single();

    private static async Task<bool> Save(ICredentialStore store, string number, long epoch, string value) =>
        await store.Save(number, epoch, [new CredentialEntry("creds", System.Text.Encoding.UTF8.GetBytes(value))], begins: true) is CredentialsSave.Saved;

    private static async Task<string> Value(ICredentialStore store, string number) => System.Text.Encoding.UTF8.GetString(
        Assert.IsType<CredentialsRead.Found>(await store.Load(number)).Entries.Single(entry => entry.Name == "creds").Value!);
}
