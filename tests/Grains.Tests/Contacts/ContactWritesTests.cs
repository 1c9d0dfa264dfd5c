using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Contacts;

/// <summary>How a number writes contacts: one version per change, and no more tries than make sense.</summary>
public sealed class ContactWritesTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 29, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_change_that_is_built_on_one_that_is_not_stored_yet_follows_its_version()
    {
        var state = NewState();
        var (jid, lid) = (Any.Jid(), Any.Lid());
        var first = new NumberWork(state, Now);
        var party = first.Party(lid, null);
        first.Contact(party, lid, "Amina");
        first.Contact(party, lid, "Amina O.");

        var second = new NumberWork(state, Now);
        second.Contact(party, lid, "Amina Okafor");
        second.Party(jid, lid);

        var (written, next) = (Assert.Single(first.Finish().Contacts), Assert.Single(second.Finish().Contacts));
        Assert.Equal((1, "Amina O.", null), (written.Version, written.Name, written.Phone));
        Assert.Equal((2, "Amina Okafor", jid.Split('@')[0], written.Id), (next.Version, next.Name, next.Phone, next.Id));
    }

    [Fact]
    public void A_merge_writes_each_of_two_contacts_once()
    {
        var state = NewState();
        var (jid, lid) = (Any.Jid(), Any.Lid());
        var first = new NumberWork(state, Now);
        var hidden = first.Contact(first.Party(lid, null), lid, "Amina");
        var open = first.Contact(first.Party(jid, null), jid, null);

        var merge = new NumberWork(state, Now);
        merge.Party(jid, lid);

        var contacts = merge.Finish().Contacts.ToDictionary(contact => contact.Id);
        Assert.Equal((2, open.Id), (contacts[hidden.Id].Version, contacts[hidden.Id].MergedInto));
        Assert.Equal((2, "Amina", null), (contacts[open.Id].Version, contacts[open.Id].Name, contacts[open.Id].MergedInto));
    }

    [Fact]
    public async Task A_change_that_another_one_always_comes_before_is_given_up_and_offered_again()
    {
        var (refuses, refused) = (false, 0);
        await using var cluster = await LoopwaveCluster.Start(new ClusterSetup
        {
            Commits = (changes, commit) =>
            {
                if (!refuses || changes.Contacts.Count == 0)
                {
                    return commit();
                }

                refused++;
                return Task.FromResult(CommitResult.Duplicate);
            },
        });
        var number = await cluster.ReadyNumber();
        refuses = true;
        var batch = cluster.Engine.Next(number, new EngineEvent.MessageReceived(Any.Inbound("hello", Now)));

        await Assert.ThrowsAnyAsync<Exception>(() => cluster.Engine.Repeat(batch));
        Assert.Equal(3, refused);
        Assert.Equal(RefusalCode.StorageUnavailable, (await cluster.Messages.Send(Any.Send("answer", from: number))).Refusal!.Code);
        Assert.Equal(6, refused);
        refuses = false;

        await cluster.Engine.Repeat(batch);
        Assert.Null((await cluster.Messages.Send(Any.Send("answer", from: number))).Refusal);
        Assert.Equal(["answer", "hello"], (await cluster.MessagesOf(Any.Customer)).Select(message => message.Text).Order());
    }

    private static NumberState NewState()
    {
        var readers = new BookReaders();
        var stored = new GatedChats();
        readers.Book = new ChatBook("n1", stored, stored, readers, 100);
        var document = new NumberDocument
        {
            Id = "n1", Label = "Support", Engine = EngineKind.WhatsApp, Desired = DesiredState.Started, Session = new NumberSession { Since = Now },
            CreatedAt = Now, UpdatedAt = Now,
        };
        return new NumberState(document, 1, 1, DayCounters.None, readers.Book);
    }
}
