using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Media;

/// <summary>What is known about files. Their bytes are in <see cref="IMediaFiles"/>.</summary>
public interface IMediaStore
{
    Task<IReadOnlyDictionary<string, MediaDocument>> Get(IReadOnlyCollection<string> ids);

    /// <summary>Stores a file as it stands, new or changed.</summary>
    Task Put(MediaDocument media);

    /// <summary>Notes that a file was just used, for eviction; exact to the minute.</summary>
    Task Touch(string id, DateTimeOffset at);

    /// <summary>
    /// Ready files that can be fetched again, least recently used first. Left out is what shares its content with a file
    /// that cannot be fetched again, and what came through a number that is gone.
    /// </summary>
    Task<IReadOnlyList<MediaDocument>> Evictable(int limit);

    /// <summary>
    /// Notes that a file is no longer here. The rule of <see cref="Evictable"/> is looked at in the same commit: false, and
    /// nothing is noted, when the file may not go any more, such as when its content was uploaded in between.
    /// </summary>
    Task<bool> Evict(MediaDocument file);

    /// <summary>Of these hashes, those that some ready file has.</summary>
    Task<IReadOnlySet<string>> Needed(IReadOnlyCollection<string> hashes);

    /// <summary>Bytes of all ready files; the same content counts once, as it is kept once.</summary>
    Task<long> TotalSize();
}

/// <summary>A file as it is stored.</summary>
public sealed record MediaDocument
{
    public required string Id { get; init; }

    /// <summary>The number it came through; null for uploads, which cannot be fetched again.</summary>
    public string? Number { get; init; }

    /// <summary>The message it came with; null for uploads, which can go out with any number of messages.</summary>
    public string? Message { get; init; }
    public required string MimeType { get; init; }
    public string? FileName { get; init; }
    public long? Size { get; init; }
    public int? DurationSeconds { get; init; }
    public required MediaState State { get; init; }
    public Cause? Reason { get; init; }

    /// <summary>SHA-256 of the content, in hex, once it is here.</summary>
    public string? Hash { get; init; }

    /// <summary>Where the network keeps it.</summary>
    public RemoteFile? Remote { get; init; }
    public required DateTimeOffset UsedAt { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}
