using System.Diagnostics;

namespace Loopwave.Processes;

/// <summary>
/// Kills a process when ours is gone, however it went: a shell waits on a pipe that only we hold open, and reads its
/// end when we die.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private readonly Process _shell;

    public Watchdog(int process)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("trap '' TERM INT; read -r _; kill -9 \"$1\" 2>/dev/null");
        start.ArgumentList.Add("watchdog");
        start.ArgumentList.Add($"{process}");
        _shell = Process.Start(start)!;
    }

    /// <summary>Call once the watched process has ended.</summary>
    public void Dispose()
    {
        _shell.Kill();
        _shell.WaitForExit();
        _shell.Dispose();
    }
}
