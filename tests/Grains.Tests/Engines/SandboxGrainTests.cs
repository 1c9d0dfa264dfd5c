using Loopwave.Chats;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Loopwave.Testing;
using Loopwave.Testing.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

/// <summary>The sandbox engine behind the real grains.</summary>
public sealed class SandboxGrainTests
{
    private const string Anybody = "4915112345678";

    [Fact]
    public async Task A_sandbox_number_gets_ready_by_itself_sends_and_hears_the_answer()
    {
        await using var cluster = await LoopwaveCluster.Start(AddSandbox);
        var number = await ReadyNumber(cluster);

        var sent = (await cluster.Messages.Send(Any.Send("Good morning", to: Anybody, from: number))).Value!.Message;
        await cluster.Eventually(() => Ticking(cluster, () => cluster.Messages.Get(sent.Id, Access.All)), message =>
            message.Value!.Message.Status is MessageStatus.Read);

        var thread = await cluster.Eventually(
            () => Ticking(cluster, () => cluster.Messages.List(sent.To, new PageRequest(), Access.All)), page => page.Value!.Data.Count == 2);
        Assert.Equal("Echo: Good morning", thread.Value!.Data[0].Text);
        var sandbox = cluster.Grains.GetGrain<ISandboxGrain>(number);
        var recorded = Assert.Single((await sandbox.Sent(null, new PageRequest())).Value!.Data);
        Assert.Equal((1, "Good morning"), (recorded.Count, recorded.Text));
    }

    [Fact]
    public async Task A_customer_who_is_played_appears_in_the_thread()
    {
        await using var cluster = await LoopwaveCluster.Start(AddSandbox);
        var number = await ReadyNumber(cluster);
        var sandbox = cluster.Grains.GetGrain<ISandboxGrain>(number);

        var injected = await sandbox.Inject(new SandboxMessage { From = Anybody, Text = "Anybody there?" });

        var thread = await cluster.Eventually(
            () => cluster.Messages.List(injected.Value!.Jid, new PageRequest(), Access.All), page => page.Value?.Data.Count == 1);
        Assert.Equal("Anybody there?", thread.Value!.Data[0].Text);
        await cluster.Eventually(() => sandbox.Inbound(new PageRequest()), page => page.Value!.Data[0].AcknowledgedAt is not null);
    }

    [Fact]
    public async Task A_customer_who_is_made_to_write_is_seen_in_the_chat_and_sees_that_we_do()
    {
        await using var cluster = await LoopwaveCluster.Start(AddSandbox);
        var number = await ReadyNumber(cluster);
        var sandbox = cluster.Grains.GetGrain<ISandboxGrain>(number);
        var chat = (await sandbox.Inject(new SandboxMessage { From = Anybody, Text = "Anybody there?" })).Value!.Jid;
        await cluster.Eventually(() => cluster.Chats.Get(chat, number, Access.All), found => found.Value is not null);

        await sandbox.Type(new SandboxWriter(Anybody, null, PresenceState.Composing));
        var seen = await cluster.Eventually(
            () => cluster.Chats.GetDetails(chat, number, Access.All), found => found.Value?.Typing is not null);
        Assert.Equal(PresenceState.Composing, seen.Value!.Typing!.State);

        Assert.Null((await cluster.Chats.SetPresence(seen.Value.Chat.Id, PresenceState.Recording, Access.All)).Refusal);
        var shown = Assert.Single((await sandbox.Get()).Value!.Typing);
        Assert.Equal((chat, PresenceState.Recording), (shown.ChatId, shown.State));
    }

    [Fact]
    public async Task The_door_opens_where_the_number_is_connected_whichever_silo_that_is()
    {
        await using var cluster = await LoopwaveCluster.Start(new ClusterSetup { Silos = 2, Configure = AddSandbox });
        var numbers = new List<string>();
        for (var i = 0; i < 24; i++)
        {
            numbers.Add(await ReadyNumber(cluster));
        }

        Assert.Equal(2, (await Task.WhenAll(numbers.Select(cluster.SiloOf))).Distinct().Count());
        foreach (var number in numbers)
        {
            var sandbox = cluster.Grains.GetGrain<ISandboxGrain>(number);
            Assert.True((await sandbox.Get()).Value!.Connected);
            Assert.Null((await sandbox.Inject(new SandboxMessage { From = Anybody, Text = "Anybody there?" })).Refusal);
            await cluster.Eventually(() => sandbox.Inbound(new PageRequest()), page => page.Value!.Data[0].AcknowledgedAt is not null);
        }
    }

    [Fact]
    public async Task Only_sandbox_numbers_can_be_played_with()
    {
        await using var cluster = await LoopwaveCluster.Start(AddSandbox);
        var real = (await cluster.Numbers.Create(new NewNumber("Real", EngineKind.WhatsApp, Access.All))).Value!.Id;

        var refused = await cluster.Grains.GetGrain<ISandboxGrain>(real).Get();
        var unknown = await cluster.Grains.GetGrain<ISandboxGrain>("n0000000000").Get();

        Assert.Equal(RefusalCode.UnknownNumber, refused.Refusal?.Code);
        Assert.Equal(RefusalCode.UnknownNumber, unknown.Refusal?.Code);
    }

    private static void AddSandbox(IServiceCollection services)
    {
        services.AddSingleton<ISandboxRecord, MemorySandboxRecord>();
        services.AddSandboxEngine();
        services.Configure<SandboxOptions>(options =>
        {
            options.LinkDelay = options.PairingDelay = options.ConnectDelay = TimeSpan.Zero;
            options.AckDelay = options.DeliveredDelay = options.ReadDelay = options.EchoDelay = TimeSpan.Zero;
            options.HistoryChats = 0;
        });
    }

    private static async Task<string> ReadyNumber(LoopwaveCluster cluster)
    {
        var number = (await cluster.Numbers.Create(new NewNumber("Demo", EngineKind.Sandbox, Access.All))).Value!.Id;
        await cluster.Eventually(
            () => Ticking(cluster, () => cluster.Number(number).Get()), details => details.Value!.Number.Status is NumberStatus.Ready);
        return number;
    }

    /// <summary>Lets very little time pass before it asks: far from every time limit, even where a machine is slow.</summary>
    private static Task<T> Ticking<T>(LoopwaveCluster cluster, Func<Task<T>> ask)
    {
        cluster.Clock.Advance(TimeSpan.FromMilliseconds(5));
        return ask();
    }
}
