using System.Text;
using Loopwave.Engines;
using StreamJsonRpc;
using Xunit;

namespace Loopwave.WhatsApp;

public class HostTests
{
    [Fact]
    public async Task No_host_is_started_before_a_number_opens()
    {
        await using var world = new EngineWorld();

        await world.Hosts.StartAsync(CancellationToken.None);
        Assert.Equal(0, world.Launches);

        await world.OpenFirst();
        Assert.Equal(1, world.Launches);
    }

    [Fact]
    public async Task A_host_is_told_the_settings_when_it_says_hello()
    {
        var options = new WhatsAppEngineOptions
        {
            Version = [2, 3000, 7], WebSocketUrl = new Uri("ws://127.0.0.1:5/ws/chat"), QrTimeout = TimeSpan.FromSeconds(3),
        };
        await using var world = new EngineWorld(options: options);

        var host = await world.OpenFirst();

        Assert.Equal([2, 3000, 7], host.Settings!.WaVersion!);
        Assert.Equal("ws://127.0.0.1:5/ws/chat", host.Settings.WebSocketUrl);
        Assert.Equal(["Mac OS", "Chrome", "14.4.1"], host.Settings.Browser);
        Assert.Equal(
            (20_000, 25_000, 60_000, 250, 3000),
            (host.Settings.ConnectTimeoutMs, host.Settings.KeepAliveMs, host.Settings.QueryTimeoutMs, host.Settings.RetryRequestDelayMs, host.Settings.QrTimeoutMs));
    }

    [Fact]
    public async Task A_host_with_a_wrong_token_is_not_let_in()
    {
        await using var world = new EngineWorld { Token = _ => new string('0', 64) };

        var refused = await Assert.ThrowsAsync<EngineException>(() => world.Open("n1"));

        Assert.Equal((EngineError.Unavailable, "engine_failed"), (refused.Error, refused.Code));
    }

    [Fact]
    public async Task A_host_that_speaks_another_version_is_not_let_in()
    {
        await using var world = new EngineWorld { Version = EngineProtocol.Version + 1 };

        await Assert.ThrowsAsync<EngineException>(() => world.Open("n1"));
    }

    [Fact]
    public async Task The_socket_is_for_its_owner_alone_and_gone_once_the_host_is_inside()
    {
        var path = "";
        UnixFileMode socket = default, directory = default;
        var launcher = new Peeking(at =>
        {
            path = at;
            socket = new FileInfo(at).UnixFileMode;
            directory = new FileInfo(at).Directory!.UnixFileMode;
        });
        await using var world = new EngineWorld(launcher: launcher);
        launcher.Then = world;

        await world.OpenFirst();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, socket);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, directory);
        Assert.False(Directory.Exists(Path.GetDirectoryName(path)));
    }

    [Fact]
    public async Task A_host_hears_every_two_seconds_that_we_are_alive()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        for (var beat = 0; beat < 3; beat++)
        {
            Assert.False(host.Has("heartbeat"));
            world.Clock.Advance(TimeSpan.FromSeconds(2));
            await host.Next("heartbeat");
        }
    }

    [Fact]
    public async Task A_host_that_does_not_answer_for_half_a_minute_is_ended()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        var never = new TaskCompletionSource<object?>();
        host.On("status", _ => never.Task);

        var asked = world.Clock.GetUtcNow();

        var lost = await world.Until(world.NextBatch());

        Assert.Equal([new EngineEvent.Closed(428)], lost.Events);
        Assert.True(host.Exited.IsCompleted);
        Assert.InRange(world.Clock.GetUtcNow() - asked, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_host_that_announces_a_frame_that_is_too_large_is_ended()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        await host.Write(Encoding.ASCII.GetBytes($"Content-Length: {EngineProtocol.LargestFrame + 1}\r\n\r\n{{"));

        await host.Exited.WaitAsync(EngineWorld.Patience);
        Assert.Equal([new EngineEvent.Closed(428)], (await world.NextBatch()).Events);
    }

    [Fact]
    public async Task What_is_too_large_for_a_frame_is_rejected_and_hurts_nothing_else()
    {
        await using var world = new EngineWorld();
        await world.OpenFirst();

        var rejected = await Assert.ThrowsAsync<EngineException>(() => world.Engine.Relay(
            "n1", 1, "A1", "1@s.whatsapp.net", new byte[EngineProtocol.LargestFrame], CancellationToken.None));
        await world.Engine.Relay("n1", 1, "A2", "1@s.whatsapp.net", new byte[1_000_000], CancellationToken.None);

        Assert.Equal(EngineError.Rejected, rejected.Error);
    }

    [Fact]
    public async Task A_long_frame_that_comes_in_pieces_is_read_whole()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        await host.Deliver("n1", 1, 1, new EngineEvent.CredentialsChanged([new CredentialEntry("creds", new byte[2_000_000])]));

        var changed = Assert.IsType<EngineEvent.CredentialsChanged>(Assert.Single((await world.NextBatch()).Events));
        Assert.Equal(2_000_000, changed.Changes[0].Value!.Length);
    }

    [Fact]
    public async Task Changes_that_no_frame_takes_are_delivered_as_one_whatever_was_said_of_others_meanwhile()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        var changes = Enumerable.Range(0, 40).Select(index => new CredentialEntry($"session/{index}.0", new byte[500_000])).ToArray();

        await host.Load("n1", 1, 1, part: 1, changes[..5]);
        await host.Load("n1", 1, 1, part: 1, changes[..20]);
        await host.Deliver("n2", 1, 1, new EngineEvent.Opened(null));
        await host.Load("n1", 1, 1, part: 2, changes[20..35]);
        await host.DeliverLoaded("n1", 1, 1, loaded: 2, new EngineEvent.PingLost(), new EngineEvent.CredentialsChanged(changes[35..]));

        Assert.Equal("n2", (await world.NextBatch()).Number);
        var batch = await world.NextBatch();
        Assert.Equal((new EngineCursor(host.Incarnation, 1, 1), new EngineCursor(host.Incarnation, 1, 2)), (batch.First, batch.Last));
        var changed = Assert.IsType<EngineEvent.CredentialsChanged>(batch.Events[1]);
        Assert.Equal(changes.Select(change => change.Name), changed.Changes.Select(change => change.Name));
        Assert.All(changed.Changes, change => Assert.Equal(500_000, change.Value!.Length));
    }

    [Fact]
    public async Task Nobody_takes_changes_of_which_parts_are_missing()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();
        CredentialEntry[] changes = [new("creds", [1])];
        Task Deliver(int loaded, long sequence) => host.DeliverLoaded("n1", 1, sequence, loaded, new EngineEvent.CredentialsChanged(changes));

        await Refused(() => Deliver(1, 1));
        await host.Load("n1", 1, 1, part: 1, changes);
        await Refused(() => Deliver(2, 1));
        await Refused(() => Deliver(1, 1));
        await host.Load("n1", 1, 1, part: 1, changes);
        await Refused(() => Deliver(1, 2));
        await host.Load("n1", 1, 1, part: 1, changes);
        await Refused(() => host.Load("n1", 1, 1, part: 3, changes));
        await host.Load("n1", 1, 1, part: 1, changes);
        await Refused(() => host.Load("n1", 1, 2, part: 2, changes));
        await Refused(() => Deliver(1, 1));
        for (var part = 1; part <= 16; part++)
        {
            await host.Load("n1", 1, 1, part, changes);
        }

        await Refused(() => host.Load("n1", 1, 1, part: 17, changes));
        Assert.False(world.HasBatch);

        static Task Refused(Func<Task> ask) => Assert.ThrowsAsync<RemoteInvocationException>(ask);
    }

    [Fact]
    public async Task What_a_host_says_for_the_log_is_logged_with_its_numbers_masked()
    {
        await using var world = new EngineWorld();
        var host = await world.OpenFirst();

        await host.Tell("log", new { level = "warning", message = "lost 4915112345678", number = "n1", data = new { jid = "4915112345678@s.whatsapp.net" } });

        var line = await world.Log.Next("Engine host: lost");
        Assert.StartsWith("Warning", line);
        Assert.DoesNotContain("15112345", line);
    }

    [Fact]
    public async Task A_message_sent_lately_is_found_for_a_receiver_who_could_not_read_it()
    {
        await using var world = new EngineWorld { Sent = { ["n1/A1"] = [1, 2, 3] } };
        var host = await world.OpenFirst();

        var found = await host.Ask<PreparedMessage>("sentMessage", new SentMessageQuestion("n1", 1, "A1"));
        var unknown = await host.Ask<PreparedMessage>("sentMessage", new SentMessageQuestion("n2", 1, "A1"));

        Assert.Equal([1, 2, 3], found.Prepared!);
        Assert.Null(unknown.Prepared);
    }

    [Fact]
    public async Task Stopping_shuts_every_host_down_and_starts_no_other()
    {
        var world = new EngineWorld(hosts: 2);
        var first = await world.OpenFirst("n1");
        var second = await world.OpenFirst("n2");

        await world.DisposeAsync();

        await first.Next("shutdown");
        await second.Next("shutdown");
        await first.Exited.WaitAsync(EngineWorld.Patience);
        await second.Exited.WaitAsync(EngineWorld.Patience);
        Assert.False(world.HasBatch);
        await Assert.ThrowsAsync<EngineException>(() => world.Open("n3"));
    }

    /// <summary>Looks at the socket before the host connects.</summary>
    private sealed class Peeking(Action<string> look) : IHostLauncher
    {
        public IHostLauncher? Then { get; set; }

        public Task<IHostProcess> Launch(string socket, string token, CancellationToken cancellationToken)
        {
            look(socket);
            return Then!.Launch(socket, token, cancellationToken);
        }
    }
}
