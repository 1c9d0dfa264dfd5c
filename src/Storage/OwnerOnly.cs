using System.Runtime.InteropServices;

namespace Loopwave.Storage;

/// <summary>Files and directories that nobody but the owner of the process may look into, and making them last.</summary>
public static class OwnerOnly
{
    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a directory, and those above it, so that they are still there after a power cut.</summary>
    public static void CreateDirectory(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Directory.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(path)!;
        CreateDirectory(parent);
        CreateOne(path);
        FlushDirectory(parent);
    }

    /// <summary>How such a file is opened; its rights are set only where this makes it, and are not touched where it is there.</summary>
    public static FileStreamOptions File(FileMode mode, FileShare share = FileShare.None)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode0600;
        }

        return options;
    }

    /// <summary>Takes a file that somebody else made for us away from everybody but its owner.</summary>
    public static void Restrict(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(path, FileMode0600);
        }
    }

    /// <summary>Makes renames and new names in a directory survive a power cut; files alone being flushed is not enough.</summary>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = open(path, 0);
        if (descriptor < 0)
        {
            throw new IOException("A directory could not be opened to flush it.", Marshal.GetLastPInvokeError());
        }

        try
        {
            if (fsync(descriptor) < 0)
            {
                throw new IOException("A directory could not be flushed.", Marshal.GetLastPInvokeError());
            }
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    private static void CreateOne(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, DirectoryMode);
        }
    }

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
}
