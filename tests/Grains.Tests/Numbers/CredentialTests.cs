using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>Credentials that are gone or cannot be read never become a new identity, and come back with their file.</summary>
public sealed class CredentialTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    private string File => Path.Combine(Cluster.DataDirectory, "auth", "numbers", Number[^2..], Number + ".credentials");

    [Theory]
    [InlineData("garbage", "credentials_unreadable")]
    [InlineData("truncated", "credentials_unreadable")]
    [InlineData("empty", "credentials_unreadable")]
    [InlineData("deleted", "credentials_missing")]
    public async Task A_number_without_its_credentials_is_logged_out_for_a_reason_and_connects_without_a_scan_once_they_are_back(string how, string reason)
    {
        var good = await System.IO.File.ReadAllBytesAsync(File);
        var opens = Cluster.Engine.Opens(Number);
        var bad = how switch { "garbage" => [.. good.Reverse()], "truncated" => good[..(good.Length / 2)], "empty" => [], _ => (byte[]?)null };
        await Put(bad);

        await Raise(new EngineEvent.Closed(428));
        var view = await Until(NumberStatus.LoggedOut);

        Assert.Equal((reason, null), (view.Reason!.Code, view.NextAttemptAt));
        Assert.Equal(bad, System.IO.File.Exists(File) ? await System.IO.File.ReadAllBytesAsync(File) : null);
        Assert.Equal(RefusalCode.NoReadySession, (await Cluster.Messages.Send(Any.Send("hi", Customer, Number))).Refusal!.Code);
        Cluster.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(opens, Cluster.Engine.Opens(Number));

        await Put(good);
        await Cluster.Number(Number).Reconnect();
        Cluster.Clock.Advance(TimeSpan.FromMilliseconds(200));
        var open = await Cluster.Engine.NextOpen(Number);
        Assert.Equal([1, 2, 3], Assert.Single(open.Credentials!).Value!);
        Assert.Null(open.Link);
        await Raise(new EngineEvent.Opened("Acme"));
        Assert.Equal(NumberStatus.Ready, (await Cluster.View(Number)).Status);
    }

    [Fact]
    public async Task Keys_that_cannot_be_saved_on_top_close_the_number_and_are_not_acknowledged()
    {
        var good = await System.IO.File.ReadAllBytesAsync(File);
        await Put([1]);
        var batch = Cluster.Engine.Next(
            Number, new EngineEvent.MessageReceived(From(Customer, "hello")), new EngineEvent.CredentialsChanged([new CredentialEntry("key", [9])]));

        await Cluster.Engine.Repeat(batch);

        Assert.Equal("credentials_unreadable", (await Until(NumberStatus.LoggedOut)).Reason!.Code);
        Assert.Equal("close", await Cluster.Engine.NextClose(Number));
        Assert.Equal([1], await System.IO.File.ReadAllBytesAsync(File));
        while (Cluster.Engine.HasAcknowledge(Number))
        {
            Assert.NotEqual(batch.Last, await Cluster.Engine.NextAcknowledge(Number));
        }

        await Put(good);
        await Cluster.Number(Number).Reconnect();
        await Cluster.Reconnected(Number);
        await Raise([.. batch.Events]);
        Assert.Equal("hello", (await OnlyMessage()).Text);
        Assert.Equal(2, Assert.IsType<CredentialsRead.Found>(await Cluster.Credentials.Load(Number)).Entries.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_that_arrive_after_an_unlink_bring_nothing_back(bool onThePhone)
    {
        if (onThePhone)
        {
            await Raise(new EngineEvent.Closed(401));
        }
        else
        {
            await Cluster.Number(Number).Unlink();
        }

        await Cluster.Eventually(() => Cluster.Credentials.Load(Number), read => read is CredentialsRead.Missing);
        var late = Cluster.Engine.Next(Number, new EngineEvent.CredentialsChanged([new CredentialEntry("key", [9])]));
        await Cluster.Engine.Repeat(late);

        Assert.IsType<CredentialsRead.Missing>(await Cluster.Credentials.Load(Number));
        while (await Cluster.Engine.NextAcknowledge(Number) != late.Last)
        {
        }
    }

    [Fact]
    public async Task Keys_that_an_unlink_overtakes_on_their_way_stay_away()
    {
        LoopwaveCluster? cluster = null;
        var number = "";
        await using var own = await LoopwaveCluster.Start(new ClusterSetup
        {
            Commits = async (changes, commit) =>
            {
                var result = await commit();
                if (changes.NewMessages.Any(message => message.Text == "last words"))
                {
                    await cluster!.Number(number).Unlink();
                    await cluster.Eventually(() => cluster.Credentials.Load(number), read => read is CredentialsRead.Missing);
                }

                return result;
            },
        });
        cluster = own;
        number = await own.ReadyNumber();

        await own.Engine.Raise(
            number, new EngineEvent.MessageReceived(Any.Inbound("last words", own.Clock.GetUtcNow())),
            new EngineEvent.CredentialsChanged([new CredentialEntry("key", [9])]));

        Assert.IsType<CredentialsRead.Missing>(await own.Credentials.Load(number));
    }

    [Fact]
    public async Task Keys_whose_file_is_gone_begin_no_other_one()
    {
        await Put(null);

        await Raise(new EngineEvent.CredentialsChanged([new CredentialEntry("key", [9])]));

        Assert.Equal("credentials_missing", (await Until(NumberStatus.LoggedOut)).Reason!.Code);
        Assert.IsType<CredentialsRead.Missing>(await Cluster.Credentials.Load(Number));
    }

    [Fact]
    public async Task An_unlink_on_the_phone_wipes_them_and_asks_for_a_new_scan()
    {
        await Raise(new EngineEvent.Closed(401));

        var view = await Until(NumberStatus.LoggedOut);
        Assert.Equal("unlinked", view.Reason!.Code);
        await Cluster.Eventually(() => Cluster.Credentials.Load(Number), read => read is CredentialsRead.Missing);
        Assert.Equal(RefusalCode.NoReadySession, (await Cluster.Number(Number).Reconnect()).Refusal!.Code);
    }

    [Fact]
    public async Task Linked_devices_turned_off_keeps_them_for_another_try()
    {
        await Raise(new EngineEvent.Closed(411));
        Assert.Equal("linked_devices_off", (await Until(NumberStatus.LoggedOut)).Reason!.Code);

        await Cluster.Number(Number).Reconnect();
        await Cluster.Reconnected(Number);

        Assert.Equal(NumberStatus.Ready, (await Cluster.View(Number)).Status);
    }

    [Fact]
    public async Task A_different_phone_is_logged_out_again_and_the_number_keeps_its_own()
    {
        var phone = (await Cluster.View(Number)).Phone;
        await Raise(new EngineEvent.Closed(401));
        await Until(NumberStatus.LoggedOut);

        await Link(Any.Phone(), replace: false);

        Assert.Equal("log out", await Cluster.Engine.NextClose(Number));
        var view = await Until(NumberStatus.LoggedOut);
        Assert.Equal(("different_phone", phone), (view.Reason!.Code, view.Phone));
        await Cluster.Eventually(() => Cluster.Credentials.Load(Number), read => read is CredentialsRead.Missing);

        await Link(phone!, replace: false);
        Assert.Equal(NumberStatus.Ready, (await Cluster.View(Number)).Status);
    }

    [Fact]
    public async Task A_different_phone_takes_the_place_of_the_old_one_where_that_was_confirmed_and_the_old_device_is_logged_out()
    {
        Assert.Equal(RefusalCode.AlreadyLinked, (await Cluster.Number(Number).Link(new LinkRequest(LinkMethod.Qr))).Refusal!.Code);
        var phone = Any.Phone();

        await Link(phone, replace: true);

        Assert.Equal("log out", await Cluster.Engine.NextClose(Number));
        var view = await Cluster.View(Number);
        Assert.Equal((NumberStatus.Ready, phone), (view.Status, view.Phone));
    }

    private async Task Link(string phone, bool replace)
    {
        Assert.Null((await Cluster.Number(Number).Link(new LinkRequest(LinkMethod.Qr, null, replace))).Refusal);
        Cluster.Clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Null((await Cluster.Engine.NextOpen(Number)).Credentials);
        await Raise(
            new EngineEvent.LinkOffered("qr", null, Now.AddSeconds(60)), new EngineEvent.CredentialsChanged([new CredentialEntry("creds", [4])]),
            new EngineEvent.Linked(phone, null, null), new EngineEvent.Closed(515));
        await Cluster.Reconnected(Number);
    }

    private async Task Put(byte[]? content)
    {
        if (content is null)
        {
            System.IO.File.Delete(File);
        }
        else
        {
            await System.IO.File.WriteAllBytesAsync(File, content);
        }
    }

    // The reconnect that finds out comes after a delay of up to two seconds.
    private Task<NumberView> Until(NumberStatus status) => Cluster.Eventually(
        () =>
        {
            Cluster.Clock.Advance(TimeSpan.FromMilliseconds(50));
            return Cluster.View(Number);
        },
        view => view.Status == status);
}
