using System.ComponentModel;
using System.Diagnostics;

namespace Loopwave.Cluster;

/// <summary>A file system of its own in memory, as small as wanted. Needs the rights to mount.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _path;

    private SmallDisk(string path) => _path = path;

    public static SmallDisk MountedAt(string path, int megabytes)
    {
        Directory.CreateDirectory(path);
        Mounting.Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "loopwave-test", path);
        return new SmallDisk(path);
    }

    // Lazily: the process that uses it ends a moment later.
    public void Dispose() => Mounting.Run("umount", "-l", _path);
}

/// <summary>An ext4 file system in a file, that can refuse to be written to. Needs the rights to mount, and a loop device.</summary>
internal sealed class JournaledDisk : IDisposable
{
    private readonly string _image;
    private readonly string _path;
    private bool _mounted;

    private JournaledDisk(string image, string path) => (_image, _path) = (image, path);

    public static JournaledDisk MountedAt(string path, string image, int megabytes)
    {
        Directory.CreateDirectory(path);
        using (var file = new FileStream(image, FileMode.CreateNew))
        {
            file.SetLength(megabytes * 1024L * 1024L);
        }

        Mounting.Run("mkfs.ext4", "-q", "-F", image);
        var disk = new JournaledDisk(image, path);
        disk.Mount();
        return disk;
    }

    /// <summary>As after an error of the device, for good: see <c>errors=remount-ro</c> and <c>abort</c> in ext4(5).</summary>
    public void BecomeReadOnly() => Mounting.Run("mount", "-o", "remount,abort", _path);

    /// <summary>Unmounts, checks and mounts again; nobody may have a file open.</summary>
    public void Repair()
    {
        Mounting.Run("umount", _path);
        _mounted = false;

        // Code 1: errors were corrected, here the one that was noted.
        Mounting.RunUpTo(1, "e2fsck", "-p", _image);
        Mount();
    }

    /// <summary>Marks the folder and what is in it as immutable, the files as chosen.</summary>
    public void Protect(Func<string, bool> files) =>
        Mounting.Run("chattr", ["+i", .. Directory.EnumerateFiles(_path, "*", Everything).Where(files), .. Folders()]);

    /// <summary>Takes the marks off again.</summary>
    public void Unprotect() =>
        Mounting.Run("chattr", ["-i", .. Folders(), .. Directory.EnumerateFiles(_path, "*", Everything)]);

    public void Dispose()
    {
        if (_mounted)
        {
            // Lazily: the process that uses it ends a moment later.
            Mounting.Run("umount", "-l", _path);
        }
    }

    // What is a link here leads to another disk.
    private static EnumerationOptions Everything { get; } = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    private IEnumerable<string> Folders() => [_path, .. Directory.EnumerateDirectories(_path, "*", Everything)];

    private void Mount()
    {
        Mounting.Run("mount", "-o", "loop,errors=remount-ro", _image, _path);
        _mounted = true;
    }
}

/// <summary>Runs the commands of the system; a failing one ends the test with what it said.</summary>
internal static class Mounting
{
    public static void Run(string command, params string[] arguments) => RunUpTo(0, command, arguments);

    public static void RunUpTo(int worst, string command, params string[] arguments)
    {
        using var process = Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode > worst)
        {
            throw new InvalidOperationException(
                $"{command} ended with code {process.ExitCode} ({said.Trim()}): this test needs the rights to mount a file system.");
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException($"{start.FileName} is not installed here, and this test needs it.", exception);
        }
    }
}
