using Loopwave.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.WhatsApp;

/// <summary>
/// Where hosts keep media in transit: each in a folder of its own that only this user can enter, and that is removed when the host has
/// ended, however it did. This process holds a lock for all of its folders; whose lock nobody holds was killed, and its hosts have
/// ended with it, so what they left is removed when the next silo of this machine starts.
/// </summary>
/// <param name="root">The folder of the machine for temporary files.</param>
internal sealed partial class HostFolders(string root, ILogger<HostFolders> logger) : IHostedService, IDisposable
{
    private const string Prefix = "loopwave-hosts-";
    private const string LockSuffix = ".lock";

    private readonly Lock _gate = new();
    private FileStream? _lock;
    private string? _own;
    private int _hosts;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        RemoveAbandoned();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <summary>A folder for one more host.</summary>
    /// <exception cref="IOException">There is no room, or <c>TMPDIR</c> cannot be written to.</exception>
    public string Create()
    {
        lock (_gate)
        {
            _own ??= Claim();
            var folder = Path.Combine(_own, $"{++_hosts}");
            OwnerOnly.CreateDirectory(folder);
            return folder;
        }
    }

    /// <summary>Removes the folder of a host that has ended.</summary>
    public void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogLeft(logger, exception, folder);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_own is { } own)
            {
                Remove(own);
                File.Delete(own + LockSuffix);
                _own = null;
            }

            _lock?.Dispose();
        }
    }

    // Locked before there is a folder: what has no lock, or one that can be had, is nobody's.
    private string Claim()
    {
        var path = Path.Combine(root, Prefix + Path.GetRandomFileName());
        _lock = new FileStream(path + LockSuffix, OwnerOnly.File(FileMode.CreateNew));
        return path;
    }

    private void RemoveAbandoned()
    {
        if (!Directory.Exists(root))
        {
            return;
        }

        foreach (var path in Directory.EnumerateFiles(root, $"{Prefix}*{LockSuffix}"))
        {
            try
            {
                using var taken = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                Remove(path[..^LockSuffix.Length]);
                File.Delete(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Of a silo that runs, or of another user.
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Files of an engine host that has ended could not be removed: {Folder}")]
    private static partial void LogLeft(ILogger logger, Exception exception, string folder);
}
