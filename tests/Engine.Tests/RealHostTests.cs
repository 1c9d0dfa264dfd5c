using System.Net;
using System.Net.Sockets;
using System.Text;
using Loopwave.Engines;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Loopwave.WhatsApp;

/// <summary>The host that ships, as a process, without a network behind it.</summary>
public class RealHostTests
{
    [Fact]
    public async Task A_number_without_a_network_is_reported_closed_and_can_be_opened_again_after_its_host_was_killed()
    {
        using var launcher = new Watching(Options);
        await using var world = new EngineWorld(launcher: launcher, options: Options);
        world.Taking = batch => world.Engine.Acknowledge(batch.Number, batch.Last, CancellationToken.None);

        await world.Engine.Open(new EngineOpen("n1", 1, null, new EngineLink(null)), CancellationToken.None);
        var unreachable = await NextClosed(world);
        await world.Engine.Open(new EngineOpen("n2", 1, null, new EngineLink(null)), CancellationToken.None);
        launcher.Last!.Kill();
        await world.Log.Next("lost their connection");
        await world.Engine.Open(new EngineOpen("n1", 1, null, new EngineLink(null)), CancellationToken.None);
        var again = await NextClosed(world, "n1");

        Assert.NotEqual(unreachable.First.Host, again.First.Host);
        Assert.Equal(2, launcher.Count);
    }

    [Fact]
    public async Task A_number_with_credentials_that_no_frame_takes_connects()
    {
        using var launcher = new Watching(Options);
        await using var world = new EngineWorld(launcher: launcher, options: Options);
        world.Taking = batch => world.Engine.Acknowledge(batch.Number, batch.Last, CancellationToken.None);
        CredentialEntry[] credentials =
        [
            new("creds", Encoding.UTF8.GetBytes("{}")),
            .. Enumerable.Range(0, 1000).Select(index => new CredentialEntry($"session/{index}.0", new byte[20_000])),
        ];

        await world.Engine.Open(new EngineOpen("n1", 1, credentials, null), CancellationToken.None);
        var unreachable = await NextClosed(world);

        // 500 is the answer to keys without credentials, which are in the first part here.
        Assert.NotEqual(500, Assert.Single(unreachable.Events.OfType<EngineEvent.Closed>()).Code);
        Assert.Equal(1, launcher.Count);
    }

    [Fact]
    public async Task A_host_ends_by_itself_when_it_is_shut_down()
    {
        using var launcher = new Watching(Options);
        var world = new EngineWorld(launcher: launcher, options: Options);
        world.Taking = batch => world.Engine.Acknowledge(batch.Number, batch.Last, CancellationToken.None);
        await world.Engine.Open(new EngineOpen("n1", 1, null, new EngineLink(null)), CancellationToken.None);

        await world.DisposeAsync();

        Assert.True(launcher.Last!.Exited.IsCompletedSuccessfully);
    }

    private static WhatsAppEngineOptions Options { get; } = new()
    {
        Folder = Path.Combine(AppContext.BaseDirectory, "..", "..", "Standalone", Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)), "engine"),
        WebSocketUrl = new Uri($"ws://127.0.0.1:{UnusedPort()}/ws/chat"),
    };

    private static async Task<EngineBatch> NextClosed(EngineWorld world, string? number = null)
    {
        while (true)
        {
            var batch = await world.NextBatch();
            if ((number is null || batch.Number == number) && batch.Events.Any(evt => evt is EngineEvent.Closed) && batch.First.Host.StartsWith("h-", StringComparison.Ordinal))
            {
                return batch;
            }
        }
    }

    private static int UnusedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private sealed class Watching : IHostLauncher, IDisposable
    {
        private readonly HostFolders _folders = new(Path.GetTempPath(), NullLogger<HostFolders>.Instance);
        private readonly NodeLauncher _launcher;

        public Watching(WhatsAppEngineOptions options) =>
            _launcher = new NodeLauncher(Microsoft.Extensions.Options.Options.Create(options), _folders, NullLogger<NodeLauncher>.Instance);

        public IHostProcess? Last { get; private set; }

        public int Count { get; private set; }

        public async Task<IHostProcess> Launch(string socket, string token, CancellationToken cancellationToken)
        {
            Count++;
            return Last = await _launcher.Launch(socket, token, cancellationToken);
        }

        public void Dispose() => _folders.Dispose();
    }
}
