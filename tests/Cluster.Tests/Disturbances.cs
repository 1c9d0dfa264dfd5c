using Loopwave.Processes;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>Something bad that happens to a running process.</summary>
internal interface IDisturbance
{
    string Name { get; }

    /// <summary>No write can succeed while it lasts, and every caller has to be told so.</summary>
    bool StopsWrites => false;

    /// <summary>Requests that the process has taken, or takes meanwhile, may get no answer.</summary>
    bool LeavesUnanswered => false;

    /// <summary>The process has to be started again afterwards.</summary>
    bool EndsProcess { get; }

    /// <summary>Lets it happen while callers go on; returns when it is over, or when only a repair helps.</summary>
    Task Strike(LoopwaveDeployment deployment, LoopwaveProcess process);

    /// <summary>What a person does before the process is started again. Nobody calls it meanwhile.</summary>
    Task Repair(LoopwaveDeployment deployment, LoopwaveProcess process) => Task.CompletedTask;
}

internal sealed class Kill : IDisturbance
{
    public string Name => "SIGKILL";

    public bool LeavesUnanswered => true;

    public bool EndsProcess => true;

    public Task Strike(LoopwaveDeployment deployment, LoopwaveProcess process) => process.Kill();
}

/// <summary>The process stands still, as on a machine that was suspended, and goes on without having noticed.</summary>
internal sealed class Freeze(TimeSpan length) : IDisturbance
{
    public string Name => "SIGSTOP";

    // Callers hang up when they have waited for half a minute.
    public bool LeavesUnanswered => true;

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
/// as on a machine whose time is set. Needs libfaketime, which <c>scripts/test</c> installs.
/// </summary>
/// <remarks>
/// The library looks at its file once a second. Looking at every reading of the clock made a run five times as long, and
/// changed nothing about the jumps: each one is over when the process shows the new time in its answers.
/// </remarks>
internal sealed class ClockJumps : IDisturbance
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    private static readonly int[] Offsets = [3600, 0, 86400, 0];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _file;
    private int _strikes;

    public ClockJumps(LoopwaveDeployment deployment)
    {
        _file = Path.Combine(deployment.Folder, "offset");
        File.WriteAllText(_file, "+0");
        deployment.Settings["LD_PRELOAD"] = Library;
        deployment.Settings["FAKETIME_TIMESTAMP_FILE"] = _file;
        deployment.Settings["FAKETIME_CACHE_DURATION"] = "1";
        deployment.Settings["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";

        // A message that is in the queue at the moment of the jump would expire, and rightly so; that is another test.
        deployment.Settings["Numbers__MessageTimeToLive"] = "7.00:00:00";
    }

    public static bool IsPossible => File.Exists(Library);

    public string Name => $"the clock at +{Offsets[_strikes % Offsets.Length]} s";

    public bool EndsProcess => false;

    public async Task Strike(LoopwaveDeployment deployment, LoopwaveProcess process)
    {
        var offset = Offsets[_strikes++ % Offsets.Length];
        await File.WriteAllTextAsync(_file, $"+{offset}");
        var began = TimeProvider.System.GetTimestamp();
        while ((await ShownBy(process) - TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(offset)).Duration() > TimeSpan.FromMinutes(1))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"The clock of the process did not jump to +{offset} s.");
        }
    }

    private static async Task<DateTimeOffset> ShownBy(LoopwaveProcess process)
    {
        using var answer = await process.Http.GetAsync("/api/health");
        return answer.Headers.Date!.Value;
    }
}

/// <summary>No room left for some seconds, and then room again.</summary>
internal sealed class FullDisk : IDisturbance
{
    public string Name => "a full disk";

    public bool StopsWrites => true;

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

/// <summary>
/// The kernel takes a file system away from writing, as it does after an error of the device: from then on every write
/// fails with EROFS, on descriptors that are open too, and what was read can still be read. Only unmounting ends this, so
/// a person stops the process, has the file system checked, mounts it again and starts the process.
/// </summary>
/// <remarks>
/// The process stands still at that moment. An fdatasync that is under way while <c>abort</c> ends the journal can return 0 for
/// what is gone after the check (Linux 6.18: in 2 of 40 runs of a loop of pwrite and fdatasync, and in none of 310 that stood
/// still). That is a lie of the kernel, which no program can tell from the truth.
/// </remarks>
internal sealed class ReadOnlyDisk(JournaledDisk disk) : IDisturbance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public string Name => "a read-only disk";

    public bool StopsWrites => true;

    public bool EndsProcess => true;

    public async Task Strike(LoopwaveDeployment deployment, LoopwaveProcess process)
    {
        process.Pause();
        await StandsStill(process);
        disk.BecomeReadOnly();
        process.Continue();
        await RealTime.Pass(TimeSpan.FromSeconds(5));
    }

    public async Task Repair(LoopwaveDeployment deployment, LoopwaveProcess process)
    {
        // It has to end when it is asked to, whatever it can no longer write.
        Assert.True(await process.Stop() == 0, process.Output);
        disk.Repair();
    }

    private static async Task StandsStill(LoopwaveProcess process)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !process.StandsStill;)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "The process did not stand still.");
            await RealTime.Pass(TimeSpan.FromMilliseconds(10));
        }
    }
}

/// <summary>
/// A disk that takes no writes for some seconds, and takes them again while the process goes on. The kernel makes no file
/// system read-only, and writable again, under a descriptor that is open for writing; so every file and folder is marked
/// immutable, for which ext4 looks at every write. The error is EPERM then instead of EROFS. What maps a file is left
/// alone: the shared memory of SQLite would end the process (SIGBUS), which a file system that turns read-only does not.
/// </summary>
internal sealed class WriteProtectedDisk(JournaledDisk disk) : IDisturbance
{
    public string Name => "a write-protected disk";

    public bool StopsWrites => true;

    public bool EndsProcess => false;

    public async Task Strike(LoopwaveDeployment deployment, LoopwaveProcess process)
    {
        disk.Protect(path => !path.EndsWith("-shm", StringComparison.Ordinal));
        await RealTime.Pass(TimeSpan.FromSeconds(5));
        disk.Unprotect();
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
