using Loopwave.Engines;
using Loopwave.Outbound;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>A number's own way to the network.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private const string First = "http://anna:secret@127.0.0.1:3128";
    private const string Second = "socks5://127.0.0.2";

    private LoopwaveCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await LoopwaveCluster.Start(Allow);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_number_connects_through_the_proxy_it_was_made_with()
    {
        var made = (await _cluster.Numbers.Create(new NewNumber("Support", EngineKind.WhatsApp, Access.All, Proxy: new ProxyUpdate(First)))).Value!;
        Assert.Equal("http://anna@127.0.0.1:3128", made.Proxy);

        await _cluster.Number(made.Id).Link(new LinkRequest(LinkMethod.Qr));

        var proxy = (await _cluster.Engine.NextOpen(made.Id)).Proxy!;
        Assert.Equal((ProxyKind.Http, "127.0.0.1", 3128, "anna", "secret"), (proxy.Kind, proxy.Host, proxy.Port, proxy.User, proxy.Password));
    }

    [Fact]
    public async Task Another_proxy_has_a_connected_number_connect_again_and_survives_a_restart()
    {
        var id = await _cluster.ReadyNumber();

        Assert.Equal("http://anna@127.0.0.1:3128", (await Update(id, First)).Proxy);
        Assert.Equal("close", await _cluster.Engine.NextClose(id));
        Assert.Equal((ProxyKind.Http, "127.0.0.1", 3128), Told(await Opened(id)));

        await Update(id, Second);
        Assert.Equal("close", await _cluster.Engine.NextClose(id));
        Assert.Equal((ProxyKind.Socks5, "127.0.0.2", 1080), Told(await Opened(id)));

        _cluster = await _cluster.Restart(Allow);
        await _cluster.Number(id).Ensure();
        Assert.Equal((ProxyKind.Socks5, "127.0.0.2", 1080), Told(await Opened(id)));

        Assert.Null((await Update(id, null)).Proxy);
        Assert.Equal("close", await _cluster.Engine.NextClose(id));
        Assert.Null((await Opened(id)).Proxy);
        Assert.Contains((await _cluster.Number(id).Get()).Value!.Timeline, entry => entry.Reason?.Code == "proxy_changed");
    }

    [Fact]
    public async Task What_does_not_change_the_proxy_leaves_the_connection_alone()
    {
        var id = await _cluster.ReadyNumber();
        await Update(id, First);
        await _cluster.Engine.NextClose(id);
        await Opened(id);

        await _cluster.Number(id).Update(new NumberUpdate("Sales", null, new ProxyUpdate(First)));
        var view = (await _cluster.Number(id).Update(new NumberUpdate("Shop", ["a"]))).Value!;

        Assert.Equal(("Shop", NumberStatus.Ready, "http://anna@127.0.0.1:3128"), (view.Label, view.Status, view.Proxy));
        Assert.False(_cluster.Engine.HasOpen(id));
    }

    [Theory]
    [InlineData("proxy_unreachable")]
    [InlineData("proxy_refused")]
    public async Task A_proxy_that_does_not_let_it_through_is_shown_and_another_one_is_tried_at_once(string cause)
    {
        var id = await _cluster.ReadyNumber();

        await _cluster.Engine.Raise(id, new EngineEvent.Closed(428, Cause: cause));
        var view = await _cluster.View(id);
        Assert.Equal((NumberStatus.Disconnected, cause, 1), (view.Status, view.Reason!.Code, view.Attempt));
        Assert.NotNull(view.NextAttemptAt);

        var moved = await Update(id, Second);
        Assert.Equal((NumberStatus.Connecting, 0), (moved.Status, moved.Attempt));
        await Opened(id);
    }

    [Fact]
    public async Task A_name_that_leads_nowhere_is_shown()
    {
        var id = await _cluster.ReadyNumber();

        await Update(id, "http://proxy.invalid:3128");

        await _cluster.PassesUntil(async () => (await _cluster.View(id)).Reason?.Code == "proxy_unreachable");
        Assert.False(_cluster.Engine.HasOpen(id));
    }

    [Fact]
    public async Task A_number_that_is_stopped_stays_so_and_takes_the_new_way_when_it_is_started()
    {
        var id = await _cluster.ReadyNumber();
        await _cluster.Number(id).SetDesired(DesiredState.Stopped);

        Assert.Equal(NumberDetail.Stopped, (await Update(id, First)).Detail);
        await _cluster.Number(id).SetDesired(DesiredState.Started);

        Assert.Equal("127.0.0.1", (await Opened(id)).Proxy!.Host);
    }

    [Fact]
    public async Task What_cannot_be_a_proxy_is_refused_and_changes_nothing()
    {
        var id = await _cluster.ReadyNumber();

        Assert.Equal(RefusalCode.InvalidInput, (await _cluster.Number(id).Update(new NumberUpdate("Sales", null, new ProxyUpdate("http://10.0.0.1:80")))).Refusal!.Code);
        Assert.Equal(RefusalCode.InvalidInput, (await _cluster.Numbers.Create(new NewNumber("Sales", EngineKind.WhatsApp, Access.All, Proxy: new ProxyUpdate("no proxy")))).Refusal!.Code);
        var view = await _cluster.View(id);
        Assert.Equal((NumberStatus.Ready, null, "Support"), (view.Status, view.Proxy, view.Label));
    }

    private static void Allow(IServiceCollection services) => services.Configure<OutboundOptions>(options => options.Allow = ["127.0.0.0/8"]);

    private async Task<NumberView> Update(string id, string? url) =>
        (await _cluster.Number(id).Update(new NumberUpdate(null, null, new ProxyUpdate(url)))).Value!;

    /// <summary>The number's next connection, let in.</summary>
    private async Task<EngineOpen> Opened(string id)
    {
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(id)));
        var open = await _cluster.Engine.NextOpen(id);
        await _cluster.Engine.Raise(id, new EngineEvent.Opened("Acme"));
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(id)).Status);
        return open;
    }

    private static (ProxyKind Kind, string Host, int Port) Told(EngineOpen open) => (open.Proxy!.Kind, open.Proxy.Host, open.Proxy.Port);
}
