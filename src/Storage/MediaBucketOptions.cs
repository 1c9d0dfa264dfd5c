namespace Loopwave.Storage;

/// <summary>The S3-compatible bucket that holds media. A class, since a record would print its secret.</summary>
public sealed class MediaBucketOptions
{
    /// <summary><c>MEDIA_S3_BUCKET</c>: its name.</summary>
    public required string Bucket { get; init; }

    /// <summary><c>MEDIA_S3_ENDPOINT</c>: where the service is; null for Amazon's own in the <see cref="Region"/>.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary><c>MEDIA_S3_REGION</c>: required without an endpoint; with one, what requests are signed for.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary><c>MEDIA_S3_PREFIX</c>: what the names of all objects begin with, ending with a slash; empty for the whole bucket.</summary>
    public string Prefix { get; init; } = "";

    /// <summary><c>MEDIA_S3_ACCESS_KEY</c>; null takes both from where the SDK looks: its environment, a role of the machine or of the pod.</summary>
    public string? AccessKey { get; init; }

    /// <summary><c>MEDIA_S3_SECRET_KEY</c>.</summary>
    public string? SecretKey { get; init; }

    /// <summary><c>MEDIA_S3_PATH_STYLE</c>: the bucket is in the path of an address, not in its host.</summary>
    public bool PathStyle { get; init; }

    /// <summary>How long one request may take, its repetitions included; the API promises its 503 within 5 seconds.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a transfer may stand still: that a large file takes its time is no fault.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often it is looked whether the bucket is there and lets us in.</summary>
    public TimeSpan WatchEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The same while it is not.</summary>
    public TimeSpan WatchAgainAfter { get; init; } = TimeSpan.FromSeconds(5);
}
