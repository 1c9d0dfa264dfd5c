namespace Loopwave.Media;

/// <summary>
/// The bytes of media, by the SHA-256 of their content (64 hex digits). A blob store, no database: the API reads and
/// writes it directly. Writing the same content twice keeps one copy. A file is complete or absent, never partial.
/// </summary>
public interface IMediaFiles
{
    /// <summary>Stores a stream of at most <paramref name="maxBytes"/>; its hash, or why it could not be stored.</summary>
    Task<MediaWrite> Write(Stream content, long maxBytes, CancellationToken cancellationToken);

    /// <summary>Takes over a finished file of this machine (the engine's hand-over); the source is gone afterwards.</summary>
    Task<MediaWrite> Adopt(string path, CancellationToken cancellationToken);

    /// <summary>Opens a file to read with seeking, or null when it is not here.</summary>
    Task<Stream?> Read(string hash, CancellationToken cancellationToken);

    /// <summary>Makes a file of this machine that the engine may read; the caller deletes nothing.</summary>
    Task<string?> Path(string hash, CancellationToken cancellationToken);

    /// <summary>A fresh path for the engine to write to, in the same file system as the store.</summary>
    string NewTransferPath();

    /// <summary>
    /// Takes a file away, asks whether it may go, and puts it back if it may not. It is not here while it is asked: of two
    /// who come at once, whoever writes down that the content is needed either is heard by that question or finds the
    /// file gone. What a crash leaves away is back at the next start.
    /// </summary>
    Task Delete(string hash, Func<Task<bool>> mayGo);
}

/// <summary>How a write of media ended.</summary>
public abstract record MediaWrite
{
    public sealed record Stored(string Hash, long Size) : MediaWrite;

    public sealed record TooLarge(long MaxBytes) : MediaWrite;

    /// <summary>No room; nothing was kept.</summary>
    public sealed record DiskFull : MediaWrite;
}
