using System.Runtime.Versioning;
using Loopwave.Engines;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Loopwave.WhatsApp;

[UnsupportedOSPlatform("windows")]
public sealed class NodeLauncherTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loopwave-test-");
    private readonly HostFolders _folders;

    public NodeLauncherTests() => _folders = new HostFolders(_folder.FullName, NullLogger<HostFolders>.Instance);

    public void Dispose()
    {
        _folders.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Node_that_is_not_there_is_a_reason_for_people()
    {
        Main("");

        var missing = await Refused(Launcher("no-such-node"));

        Assert.Equal((EngineError.Unavailable, "node_missing"), (missing.Error, missing.Code));
        Assert.Contains("Node.js 20", missing.Message);
    }

    [Fact]
    public async Task Node_that_is_too_old_is_a_reason_for_people_and_asked_again()
    {
        Main("");
        var node = Script("old-node", "echo v18.20.4");
        var launcher = Launcher(node);

        var old = await Refused(launcher);
        Script("old-node", "echo v20.0.0");
        using var process = await launcher.Launch("/nowhere", "token", CancellationToken.None);

        Assert.Equal("node_too_old", old.Code);
        Assert.Contains("v18.20.4", old.Message);
    }

    [Fact]
    public async Task An_installation_without_the_host_is_a_reason_for_people() =>
        Assert.Equal("engine_missing", (await Refused(Launcher())).Code);

    [Fact]
    public async Task A_host_sees_its_socket_and_token_and_none_of_our_secrets()
    {
        var seen = Path.Combine(_folder.FullName, "seen");
        Main($"require('fs').writeFileSync('{seen}', JSON.stringify([process.env, process.execArgv]))");
        Environment.SetEnvironmentVariable("CREDENTIALS_KEY", "a secret of ours");
        try
        {
            var launcher = Launcher();
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
        Main($"for (let i = 0; i < 4000; i++) require('fs').writeSync(1 + i % 2, 'x'.repeat(1000)); {Say("flooded", "''")} setInterval(() => {{}}, 1000)");
        var flooded = Said("flooded");

        using var process = await Launcher().Launch("/nowhere", "token", CancellationToken.None);
        await flooded;
        Assert.False(process.Exited.IsCompleted);
        process.Kill();
        process.Kill();

        await process.Exited.WaitAsync(EngineWorld.Patience);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task That_a_host_writes_to_its_output_is_said_at_once_and_once_and_nothing_of_what_it_writes(int stream)
    {
        Main($"require('fs').writeSync({stream}, 'a secret'); setTimeout(() => require('fs').writeSync({stream}, 'another'), 50)");
        var log = new LogCollector();

        using var process = await Launcher(log: log).Launch("/nowhere", "token", CancellationToken.None);

        var said = await log.Next($"Engine host process {process.Id} ");
        Assert.StartsWith($"Warning: Engine host process {process.Id} writes to its output", said);
        var ended = await log.Next($"Engine host process {process.Id} ");
        Assert.Contains("it had written 15 bytes to its output", ended);
        Assert.DoesNotContain("secret", said + ended);
    }

    [Fact]
    public async Task What_a_host_keeps_for_a_while_is_gone_with_it_also_when_it_is_killed()
    {
        Main($"const folder = require('os').tmpdir(); require('fs').writeFileSync(folder + '/picture', 'x'); {Say("kept", "folder")} setInterval(() => {{}}, 1000)");
        var kept = Said("kept");

        using var process = await Launcher().Launch("/nowhere", "token", CancellationToken.None);
        var folder = await File.ReadAllTextAsync(await kept);
        Assert.True(File.Exists(Path.Combine(folder, "picture")));
        process.Kill();
        await process.Exited.WaitAsync(EngineWorld.Patience);

        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task A_host_that_ends_while_it_starts_fails_the_number_at_once()
    {
        Main("process.exit(3)");
        await using var world = new EngineWorld(launcher: Launcher());

        var failed = await Assert.ThrowsAsync<EngineException>(() => world.Open("n1"));

        Assert.Equal("engine_failed", failed.Code);
    }

    private NodeLauncher Launcher(string node = "node", LogCollector? log = null) => new(
        Options.Create(new WhatsAppEngineOptions { Folder = _folder.FullName }),
        _folders,
        log is null ? NullLogger<NodeLauncher>.Instance : new Logger<NodeLauncher>(log)) { Node = node };

    /// <summary>What has the host write a file, whole or not at all.</summary>
    private string Say(string name, string content) =>
        $"require('fs').writeFileSync('{_folder.FullName}/{name}.part', {content}); require('fs').renameSync('{_folder.FullName}/{name}.part', '{_folder.FullName}/{name}');";

    /// <summary>The path of that file, once it is there.</summary>
    private async Task<string> Said(string name)
    {
        using var written = new FileSystemWatcher(_folder.FullName, name);
        var there = new TaskCompletionSource<string>();
        written.Renamed += (_, file) => there.TrySetResult(file.FullPath);
        written.EnableRaisingEvents = true;
        return await there.Task.WaitAsync(EngineWorld.Patience);
    }

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
