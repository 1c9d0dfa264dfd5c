using Loopwave.Engines;
using Loopwave.Storage.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

/// <summary>The simulated network over a record that outlives the process.</summary>
public sealed class SandboxFileTests : IDisposable
{
    private const string Number = "n0000000001";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loopwave-");
    private readonly SqliteSandboxRecord _record;

    public SandboxFileTests() => _record = SqliteSandboxRecord.Open(Path.Combine(_folder.FullName, "sandbox.db"), NullLoggerFactory.Instance);

    public void Dispose()
    {
        _record.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_network_goes_on_over_a_file_as_it_does_in_memory()
    {
        var world = SandboxWorld.Start(record: _record);
        var credentials = await world.Connect(Number);
        world.Inbox.Acknowledges = false;
        var bytes = await world.Send(Number, "4915112345678", "A1");
        await world.Control.Inject(Number, new() { From = "4915112345678", Text = "Kept" });
        await world.Inbox.Next(Number, 5);

        await using var next = await world.Restart();
        await next.Open(Number, 2, credentials);
        await next.Inbox.Next<EngineEvent.Opened>(Number);
        var again = await next.Inbox.Next(Number, 5);
        await next.Relay(Number, "4915112345678", "A1", bytes, epoch: 2);
        await next.Inbox.Next<EngineEvent.ServerAcknowledged>(Number);

        Assert.Equal("Kept", Assert.IsType<EngineEvent.MessageReceived>(again[^1]).Message.Text);
        Assert.Equal(2, Assert.Single((await next.Control.Sent(Number, null, new())).Value!.Data).Count);
        Assert.All((await next.Control.Inbound(Number, new())).Value!.Data, message => Assert.NotNull(message.AcknowledgedAt));
    }
}
