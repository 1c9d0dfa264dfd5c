using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Loopwave.Processes;

/// <summary>POSIX signals, by the numbers that Linux gives them.</summary>
internal static class Signal
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    public static void Send(int process, int signal)
    {
        if (!TrySend(process, signal))
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>False when there is no such process any more.</summary>
    public static bool TrySend(int process, int signal) => SendSignal(process, signal) == 0;

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int process, int signal);
}
