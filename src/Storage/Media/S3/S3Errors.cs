using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Loopwave.Deployment;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Media.S3;

/// <summary>
/// Says in our own words what is wrong with a bucket, in the log no more than once a minute. What the service or the SDK says is left out, and
/// so are their exceptions: both can hold access keys and what was signed.
/// </summary>
internal sealed partial class S3Errors(MediaBucketOptions options, ILogger logger, TimeProvider clock)
{
    private const int LongestCode = 64;
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);
    private static readonly string[] s_full = ["QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage"];

    private long _loggedAt = long.MinValue;

    /// <summary>There is nothing under that name.</summary>
    public static bool IsMissing(Exception error) => error is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound } missing && missing.ErrorCode is not "NoSuchBucket";

    /// <summary>The bucket, or the way there, is the reason. It may work later.</summary>
    public static bool IsOfTheBucket(Exception error) =>
        error is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException or System.Net.Sockets.SocketException;

    public static bool IsFull(Exception error) =>
        error is AmazonServiceException service && (service.StatusCode is HttpStatusCode.InsufficientStorage || s_full.Contains(service.ErrorCode));

    public StorageUnavailableException Unavailable(Exception error) => Unavailable(SentenceOf(error));

    /// <summary>Nothing came back in time.</summary>
    public StorageUnavailableException Silent() => Unavailable(
        $"The bucket of media, {Name}, does not answer{(options.AccessKey is null ? ", or nobody gives this machine keys for it" : "")}.");

    /// <summary>What came back is not what was stored.</summary>
    public StorageUnavailableException Damaged() => Unavailable($"The bucket of media, {Name}, gave back another content than it was given.");

    private string Name => $"\"{options.Bucket}\" at {options.Endpoint?.Authority ?? options.Region}";

    private StorageUnavailableException Unavailable(string sentence)
    {
        var now = clock.GetTimestamp();
        var before = Interlocked.Read(ref _loggedAt);
        if ((before == long.MinValue || clock.GetElapsedTime(before, now) >= LogEvery)
            && Interlocked.CompareExchange(ref _loggedAt, now, before) == before)
        {
            LogUnavailable(logger, sentence);
        }

        return new StorageUnavailableException(sentence) { IsLogged = true };
    }

    private string SentenceOf(Exception error) => error switch
    {
        AmazonServiceException { ErrorCode: "NoSuchBucket" } => $"There is no bucket {Name}: check MEDIA_S3_BUCKET, or make it.",
        AmazonServiceException { ErrorCode: "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "InvalidToken" or "ExpiredToken" } keys =>
            $"The bucket of media, {Name}, does not know these keys ({keys.ErrorCode}): check MEDIA_S3_ACCESS_KEY and MEDIA_S3_SECRET_KEY, or the role.",
        AmazonServiceException { ErrorCode: "RequestTimeTooSkewed" } => $"The bucket of media, {Name}, has another time than this machine: set the clock.",
        AmazonServiceException { ErrorCode: "PermanentRedirect" or "AuthorizationHeaderMalformed" or "TemporaryRedirect" } =>
            $"The bucket of media, {Name}, is in another region: check MEDIA_S3_REGION.",
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } denied =>
            $"The bucket of media, {Name}, denies us access ({CodeOf(denied)}): we must list it, and read, write and delete its objects.",
        AmazonServiceException { StatusCode: not 0 } other => $"The bucket of media, {Name}, answers with {(int)other.StatusCode} ({CodeOf(other)}).",
        AmazonClientException when options.AccessKey is null && error.InnerException is not (HttpRequestException or IOException) =>
            $"There are no keys for the bucket of media, {Name}: set MEDIA_S3_ACCESS_KEY and MEDIA_S3_SECRET_KEY, or give this machine a role.",
        _ => $"The bucket of media, {Name}, cannot be reached.",
    };

    // The server's text, so no more than a word of it.
    private static string CodeOf(AmazonServiceException error) =>
        error.ErrorCode is { Length: > 0 and <= LongestCode } code && code.All(char.IsAsciiLetterOrDigit) ? code : "no code";

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Media are not available: {Sentence}")]
    private static partial void LogUnavailable(ILogger logger, string sentence);
}
