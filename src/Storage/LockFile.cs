namespace Loopwave.Storage;

/// <summary>
/// An exclusive lock on a directory, held until disposed. The kernel gives it back when the process dies, however it
/// dies, so a stale lock cannot stay behind; the file itself stays.
/// </summary>
internal sealed class LockFile : IDisposable
{
    private readonly FileStream _file;

    private LockFile(FileStream file) => _file = file;

    /// <param name="name">The setting that names the directory, for the message.</param>
    /// <param name="directory">Is made when it is not there.</param>
    public static LockFile Take(string name, string directory)
    {
        try
        {
            OwnerOnly.CreateDirectory(directory);
            var file = new FileStream(Path.Combine(directory, "lock"), OwnerOnly.File(FileMode.OpenOrCreate, FileShare.None));
            CheckWritable(directory, file);
            return new LockFile(file);
        }
        catch (IOException error) when (IsHeld(error))
        {
            throw new DataInUseException(Path.GetFullPath(directory));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DirectoryNotWritableException(name, Path.GetFullPath(directory), error);
        }
    }

    public void Dispose() => _file.Dispose();

    // The lock file may be left from a time when its directory could still be written to.
    private static void CheckWritable(string directory, FileStream held)
    {
        try
        {
            var probe = Path.Combine(directory, "lock.probe");
            new FileStream(probe, OwnerOnly.File(FileMode.Create)).Dispose();
            File.Delete(probe);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    // EWOULDBLOCK of Linux and macOS, and a sharing violation of Windows.
    private static bool IsHeld(IOException error) => error.HResult is 11 or 35 or unchecked((int)0x80070020);
}
