using System.Diagnostics;
using Loopwave.Processes;

namespace Loopwave.Cluster;

/// <summary>Something bad that happens to a running process.</summary>
internal interface IDisturbance
{
    string Name { get; }

    /// <summary>The process is gone afterwards and has to be started again.</summary>
    bool EndsProcess { get; }

    /// <summary>Lets it happen; returns when it is over.</summary>
    Task Strike(LoopwaveDeployment deployment, LoopwaveProcess process);
}

internal sealed class Kill : IDisturbance
{
    public string Name => "SIGKILL";

    public bool EndsProcess => true;

    public Task Strike(LoopwaveDeployment deployment, LoopwaveProcess process) => process.Kill();
}

/// <summary>The process stands still, as on a machine that was suspended, and goes on without having noticed.</summary>
internal sealed class Freeze(TimeSpan length) : IDisturbance
{
    public string Name => "SIGSTOP";

    public bool EndsProcess => false;

    public async Task Strike(LoopwaveDeployment deployment, LoopwaveProcess process)
    {
        process.Pause();
        await RealTime.Pass(length);
        process.Continue();
    }
}

/// <summary>
/// The wall clock jumps, one jump a strike: an hour on, back again, a day on, back again. The monotonic clock stays right,
/// as on a machine whose time is set. Needs libfaketime, which <c>scripts/clock-jumps</c> installs.
/// </summary>
internal sealed class ClockJumps : IDisturbance
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    private static readonly string[] Offsets = ["+3600", "+0", "+86400", "+0"];

    private readonly string _file;
    private int _strikes;

    public ClockJumps(LoopwaveDeployment deployment)
    {
        _file = Path.Combine(deployment.Folder, "offset");
        File.WriteAllText(_file, "+0");
        deployment.Settings["LD_PRELOAD"] = File.Exists(Library) ? Library : throw new FileNotFoundException("libfaketime is not installed.", Library);
        deployment.Settings["FAKETIME_TIMESTAMP_FILE"] = _file;
        deployment.Settings["FAKETIME_NO_CACHE"] = "1";
        deployment.Settings["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";

        // A message that is in the queue at the moment of the jump would expire, and rightly so; that is another test.
        deployment.Settings["Numbers__MessageTimeToLive"] = "7.00:00:00";
    }

    public string Name => $"the clock at {Offsets[_strikes % Offsets.Length]} s";

    public bool EndsProcess => false;

    public async Task Strike(LoopwaveDeployment deployment, LoopwaveProcess process)
    {
        await File.WriteAllTextAsync(_file, Offsets[_strikes++ % Offsets.Length]);
    }
}

/// <summary>No room left for some seconds, and then room again.</summary>
internal sealed class FullDisk : IDisturbance
{
    public string Name => "a full disk";

    public bool EndsProcess => false;

    public async Task Strike(LoopwaveDeployment deployment, LoopwaveProcess process)
    {
        var filler = Path.Combine(deployment.DataDirectory, "filler");
        Fill(filler);
        await RealTime.Pass(TimeSpan.FromSeconds(5));
        File.Delete(filler);
    }

    private static void Fill(string path)
    {
        var block = new byte[64 * 1024];
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full: that is what was wanted.
        }
    }
}

/// <summary>A file system of its own, as small as wanted. Needs the rights to mount.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _path;

    private SmallDisk(string path) => _path = path;

    public static SmallDisk MountedAt(string path, int megabytes)
    {
        Directory.CreateDirectory(path);
        Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "loopwave-test", path);
        return new SmallDisk(path);
    }

    // Lazily: the process that uses it ends a moment later.
    public void Dispose() => Run("umount", "-l", _path);

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command} ended with code {process.ExitCode}: this test needs the rights to mount a file system.");
        }
    }
}

/// <summary>A disturbance has a length of its own in real time; nothing is waited for here.</summary>
internal static class RealTime
{
    public static async Task Pass(TimeSpan length)
    {
        using var timer = new PeriodicTimer(length, TimeProvider.System);
        await timer.WaitForNextTickAsync();
    }
}
