using System.Runtime.Versioning;
using Loopwave.Engines;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Loopwave.WhatsApp;

[UnsupportedOSPlatform("windows")]
public sealed class NodeLauncherTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loopwave-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Node_that_is_not_there_is_a_reason_for_people()
    {
        Main("");

        var missing = await Refused(new NodeLauncher(Options(), NullLogger<NodeLauncher>.Instance) { Node = "no-such-node" });

        Assert.Equal((EngineError.Unavailable, "node_missing"), (missing.Error, missing.Code));
        Assert.Contains("Node.js 20", missing.Message);
    }

    [Fact]
    public async Task Node_that_is_too_old_is_a_reason_for_people_and_asked_again()
    {
        Main("");
        var node = Script("old-node", "echo v18.20.4");
        var launcher = new NodeLauncher(Options(), NullLogger<NodeLauncher>.Instance) { Node = node };

        var old = await Refused(launcher);
        Script("old-node", "echo v20.0.0");
        using var process = await launcher.Launch("/nowhere", "token", CancellationToken.None);

        Assert.Equal("node_too_old", old.Code);
        Assert.Contains("v18.20.4", old.Message);
    }

    [Fact]
    public async Task An_installation_without_the_host_is_a_reason_for_people() =>
        Assert.Equal("engine_missing", (await Refused(new NodeLauncher(Options(), NullLogger<NodeLauncher>.Instance))).Code);

    [Fact]
    public async Task A_host_sees_its_socket_and_token_and_none_of_our_secrets()
    {
        var seen = Path.Combine(_folder.FullName, "seen");
        Main($"require('fs').writeFileSync('{seen}', JSON.stringify([process.env, process.execArgv]))");
        Environment.SetEnvironmentVariable("CREDENTIALS_KEY", "a secret of ours");
        try
        {
            var launcher = new NodeLauncher(Options(), NullLogger<NodeLauncher>.Instance);
            using var process = await launcher.Launch("/run/socket", "the token", CancellationToken.None);
            await process.Exited.WaitAsync(EngineWorld.Patience);
        }
        finally
        {
            Environment.SetEnvironmentVariable("CREDENTIALS_KEY", null);
        }

        var environment = await File.ReadAllTextAsync(seen);
        Assert.Contains("\"LOOPWAVE_ENGINE_SOCKET\":\"/run/socket\"", environment);
        Assert.Contains("\"LOOPWAVE_ENGINE_TOKEN\":\"the token\"", environment);
        Assert.Contains("\"PATH\":", environment);
        Assert.Contains("--max-old-space-size=1024", environment);
        Assert.DoesNotContain("secret", environment);
    }

    [Fact]
    public async Task A_host_that_writes_without_end_does_not_hang_and_is_ended_when_it_is_killed()
    {
        var flooded = Path.Combine(_folder.FullName, "flooded");
        Main($"for (let i = 0; i < 4000; i++) require('fs').writeSync(1 + i % 2, 'x'.repeat(1000)); require('fs').writeFileSync('{flooded}.part', ''); require('fs').renameSync('{flooded}.part', '{flooded}'); setInterval(() => {{}}, 1000)");
        using var written = new FileSystemWatcher(_folder.FullName);
        var there = new TaskCompletionSource();
        written.Renamed += (_, _) => there.TrySetResult();
        written.EnableRaisingEvents = true;
        var launcher = new NodeLauncher(Options(), NullLogger<NodeLauncher>.Instance);

        using var process = await launcher.Launch("/nowhere", "token", CancellationToken.None);
        await there.Task.WaitAsync(EngineWorld.Patience);
        Assert.False(process.Exited.IsCompleted);
        process.Kill();
        process.Kill();

        await process.Exited.WaitAsync(EngineWorld.Patience);
    }

    [Fact]
    public async Task A_host_that_ends_while_it_starts_fails_the_number_at_once()
    {
        Main("process.exit(3)");
        await using var world = new EngineWorld(launcher: new NodeLauncher(Options(), NullLogger<NodeLauncher>.Instance));

        var failed = await Assert.ThrowsAsync<EngineException>(() => world.Open("n1"));

        Assert.Equal("engine_failed", failed.Code);
    }

    private IOptions<WhatsAppEngineOptions> Options() =>
        Microsoft.Extensions.Options.Options.Create(new WhatsAppEngineOptions { Folder = _folder.FullName });

    private void Main(string code) => File.WriteAllText(Path.Combine(_folder.FullName, "main.js"), code);

    private string Script(string name, string line)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path + ".new", $"#!/bin/sh\n{line}\n");
        new FileInfo(path + ".new").UnixFileMode |= UnixFileMode.UserExecute;
        File.Move(path + ".new", path, overwrite: true);
        return path;
    }

    private static Task<EngineException> Refused(NodeLauncher launcher) =>
        Assert.ThrowsAsync<EngineException>(() => launcher.Launch("/nowhere", "token", CancellationToken.None));
}
