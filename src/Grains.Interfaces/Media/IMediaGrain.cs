using Loopwave.Cluster;
using Loopwave.Messages;

namespace Loopwave.Media;

/// <summary>The files of the deployment. Any number of copies, no state; bytes never pass through a grain.</summary>
[Alias("loopwave.media")]
public interface IMediaGrain : IWay
{
    /// <summary>Registers a file that the media store already holds.</summary>
    [Alias("register")]
    Task<Outcome<MediaView>> Register(UploadedFile file);

    /// <summary>Makes sure the bytes are here, fetching them through the number if needed, and says where they are.</summary>
    [Alias("open")]
    [ResponseTimeout("00:01:15")]
    Task<Outcome<StoredFile>> Open(string id, Access access);

    /// <summary>Fetches a public address into the media store; refused for addresses that are not public.</summary>
    [Alias("import")]
    [ResponseTimeout("00:01:15")]
    Task<Outcome<MediaView>> Import(string url, string? fileName);
}

/// <summary>A file in the media store, by the SHA-256 of its content (hex).</summary>
[GenerateSerializer, Immutable, Alias("loopwave.uploaded-file")]
public sealed record UploadedFile(
    [property: Id(0)] string Hash,
    [property: Id(1)] long Size,
    [property: Id(2)] string MimeType,
    [property: Id(3)] string? FileName,
    [property: Id(4)] int? DurationSeconds = null);

/// <summary>A file ready to be served.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.stored-file")]
public sealed record StoredFile([property: Id(0)] MediaView Media, [property: Id(1)] string Hash);
