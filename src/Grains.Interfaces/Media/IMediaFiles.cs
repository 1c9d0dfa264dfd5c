namespace Loopwave.Media;

/// <summary>
/// The bytes of media, by the SHA-256 of their content (64 hex digits). A blob store, no database: the API reads and
/// writes it directly. Writing the same content twice keeps one copy. A file is complete or absent, never partial.
/// Throws <see cref="Deployment.StorageUnavailableException"/> while the store cannot be had.
/// </summary>
public interface IMediaFiles
{
    /// <summary>Stores a stream of at most <paramref name="maxBytes"/>; its hash, or why it could not be stored.</summary>
    Task<MediaWrite> Write(Stream content, long maxBytes, CancellationToken cancellationToken);

    /// <summary>Takes over a finished file of this machine (the engine's hand-over); the source is gone afterwards.</summary>
    Task<MediaWrite> Adopt(string path, CancellationToken cancellationToken);

    /// <summary>Opens a file to read with seeking, or null when it is not here.</summary>
    Task<Stream?> Read(string hash, CancellationToken cancellationToken);

    /// <summary>Whether a file is here.</summary>
    Task<bool> Holds(string hash, CancellationToken cancellationToken);

    /// <summary>A file of this machine that the engine may read until it is disposed of; null when it is not here.</summary>
    Task<LentFile?> Lend(string hash, CancellationToken cancellationToken);

    /// <summary>A fresh path of this machine for the engine to write to.</summary>
    string NewTransferPath();

    /// <summary>
    /// Takes a file away, asks whether it may go, and puts it back if it may not. It is not here while it is asked: of two
    /// who come at once, whoever writes down that the content is needed either is heard by that question or finds the
    /// file gone. What a crash leaves away is back later.
    /// </summary>
    Task Delete(string hash, Func<Task<bool>> mayGo);

    /// <summary>
    /// Removes what was written before a time and nobody needs, as after a crash between a file and what is written down of it,
    /// and mends what a crash left half done.
    /// </summary>
    /// <param name="needed">Of some hashes, those that are needed. Asked again for each file while that is away, as by <see cref="Delete"/>.</param>
    /// <returns>How many files went.</returns>
    Task<int> Sweep(
        DateTimeOffset before, Func<IReadOnlyCollection<string>, Task<IReadOnlySet<string>>> needed, CancellationToken cancellationToken);
}

/// <summary>A file of this machine, here for as long as it is not disposed of.</summary>
public sealed class LentFile(string path, Action? giveBack = null) : IDisposable
{
    private Action? _giveBack = giveBack;

    public string Path { get; } = path;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}

/// <summary>How a write of media ended.</summary>
public abstract record MediaWrite
{
    public sealed record Stored(string Hash, long Size) : MediaWrite;

    public sealed record TooLarge(long MaxBytes) : MediaWrite;

    /// <summary>No room; nothing was kept.</summary>
    public sealed record DiskFull : MediaWrite;
}
