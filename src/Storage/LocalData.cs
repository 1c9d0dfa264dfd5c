using System.Text;
using Loopwave.Media;
using Loopwave.Numbers;
using Loopwave.Storage.Credentials;
using Loopwave.Storage.Media;

namespace Loopwave.Storage;

/// <summary>What a standalone deployment keeps in files, whichever database it has: credentials and media, locked for this process.</summary>
internal sealed class LocalData : IDisposable
{
    private const string IdFile = "id";

    private readonly string _directory;
    private readonly LockFile _dataLock;
    private readonly LockFile _authLock;

    private LocalData(string directory, LockFile dataLock, LockFile authLock, ICredentialStore credentials, IMediaFiles? files)
    {
        _directory = directory;
        (_dataLock, _authLock) = (dataLock, authLock);
        (Credentials, Files) = (credentials, files);
    }

    public ICredentialStore Credentials { get; }

    /// <summary>Null where they are elsewhere.</summary>
    public IMediaFiles? Files { get; }

    /// <exception cref="StorageStartException">Something is wrong that trying again does not change; its message says what.</exception>
    public static LocalData Open(LocalDataOptions options)
    {
        var opened = new Stack<IDisposable>();
        try
        {
            var dataLock = LockFile.Take("DATA_DIR", options.DataDirectory);
            opened.Push(dataLock);
            var authLock = LockFile.Take("AUTH_DIR", options.Auth);
            opened.Push(authLock);
            return new LocalData(
                options.DataDirectory, dataLock, authLock, new FileCredentialStore(options.Auth, options.CredentialsKey),
                options.MediaIsElsewhere ? null : new MediaDirectory(options.Media));
        }
        catch
        {
            while (opened.TryPop(out var part))
            {
                part.Dispose();
            }

            throw;
        }
    }

    /// <summary>Names this directory in a database that is not in it; made once.</summary>
    /// <exception cref="DirectoryNotWritableException">It cannot be kept.</exception>
    public string Id()
    {
        var path = Path.Combine(_directory, IdFile);
        try
        {
            if (!File.Exists(path))
            {
                DurableFile.Replace(path, Encoding.ASCII.GetBytes(NewId.Key() + NewId.Key()));
            }

            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DirectoryNotWritableException("DATA_DIR", Path.GetFullPath(_directory), error);
        }
    }

    public void Dispose()
    {
        _authLock.Dispose();
        _dataLock.Dispose();
    }
}

/// <summary>Where standalone keeps its files.</summary>
public record LocalDataOptions
{
    /// <summary><c>DATA_DIR</c>: the lock file, and the database where that is a file.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>AUTH_DIR</c>: the credentials of linked devices; null for <c>auth</c> in the data directory.</summary>
    public string? AuthDirectory { get; init; }

    /// <summary><c>MEDIA_DIR</c>: the bytes of media; null for <c>media</c> in the data directory.</summary>
    public string? MediaDirectory { get; init; }

    /// <summary>The bytes of media are kept somewhere else, and nothing is made for them here.</summary>
    public bool MediaIsElsewhere { get; init; }

    /// <summary><c>CREDENTIALS_KEY</c>: 32 bytes in base64; null to use (and at first to make) a key file in the auth directory.</summary>
    public string? CredentialsKey { get; init; }

    internal string Auth => AuthDirectory ?? Path.Combine(DataDirectory, "auth");

    internal string Media => MediaDirectory ?? Path.Combine(DataDirectory, "media");
}
