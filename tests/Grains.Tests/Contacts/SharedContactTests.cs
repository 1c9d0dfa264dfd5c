using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Contacts;

/// <summary>A person whom two numbers know is one contact: what either of them learns stays, whatever the other remembers.</summary>
public sealed class SharedContactTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    private readonly string _lid = Any.Lid();
    private string _other = null!;

    private string Digits => Customer.Split('@')[0];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _other = await Cluster.ReadyNumber(Any.Phone());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_name_and_a_phone_that_two_numbers_learn_are_both_kept(bool nameFirst)
    {
        await Name(Number, "Amina");
        await Name(_other, "Amina");

        if (nameFirst)
        {
            await Name(Number, "Amina Okafor");
        }

        await Cluster.Engine.Raise(_other, new EngineEvent.AliasLearned(Customer, _lid));
        if (!nameFirst)
        {
            await Name(Number, "Amina Okafor");
        }

        var contact = await Contact(_lid);
        Assert.Equal(("Amina Okafor", Digits, 3), (contact.Name, contact.Phone, contact.Version));
        Assert.Equal(contact.Id, (await Contact(Customer)).Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_names_the_later_one_stays_whoever_was_told_it(bool otherFirst)
    {
        await Name(Number, "Amina");
        await Name(_other, "Amina");
        var (first, second) = otherFirst ? (_other, Number) : (Number, _other);

        await Name(first, "Amina O.");
        await Name(second, "Amina Okafor");
        await Name(first, "Amina O. Okafor");

        Assert.Equal(("Amina O. Okafor", 4), ((await Contact(_lid)).Name, (await Contact(_lid)).Version));
    }

    [Fact]
    public async Task A_send_to_somebody_about_whom_another_number_learned_more_is_accepted_and_takes_nothing_back()
    {
        await Name(Number, "Amina");
        await Name(_other, "Amina");
        await Cluster.Engine.Raise(_other, new EngineEvent.AliasLearned(Customer, _lid));
        await Name(_other, "Amina Okafor");

        Assert.Null((await Cluster.Messages.Send(Any.Send("hello", Customer, Number))).Refusal);

        var contact = await Contact(Customer);
        Assert.Equal(("Amina Okafor", Digits), (contact.Name, contact.Phone));
        Assert.Equal(contact.Id, (await Chat()).Contact);
        Assert.Equal("hello", (await OnlyMessage()).Text);
    }

    [Fact]
    public async Task A_merge_takes_the_name_that_another_number_learned_meanwhile()
    {
        await Receive(From(_lid, "hidden"), From(Customer, "open") with { PushName = null });
        await Name(_other, "Amina Okafor");

        await Raise(new EngineEvent.AliasLearned(Customer, _lid));

        var contact = await Contact(Customer);
        Assert.Equal(("Amina Okafor", Digits), (contact.Name, contact.Phone));
        Assert.Equal("Amina Okafor", Assert.Single(await Cluster.ChatsOf(Number)).Name);
    }

    private Task Name(string number, string name) => Cluster.Engine.Raise(number, new EngineEvent.Named(_lid, name));

    private async Task<ContactDocument> Contact(string jid)
    {
        var parties = await Cluster.Services.GetRequiredService<IChatStore>().Parties([jid]);
        return (await Cluster.Services.GetRequiredService<IContactStore>().Find([parties[jid]])).Values.Single();
    }
}
