using Loopwave.Storage;

namespace Loopwave.Testing.Storage;

/// <summary>
/// The S3-compatible server of the tests, which somebody else has started: <c>LOOPWAVE_TEST_S3_URI</c> is
/// <c>http://ACCESSKEY:SECRETKEY@host:port/bucket</c>, its special characters escaped. Objects whose name begins with <c>loopwave-test/</c> are
/// made and deleted in that bucket.
/// </summary>
public static class S3Server
{
    public const string Variable = "LOOPWAVE_TEST_S3_URI";

    public static Uri? Uri { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } uri ? new Uri(uri) : null;

    /// <summary>A part of the bucket that nobody else has.</summary>
    public static MediaBucketOptions NewOptions()
    {
        var keys = Uri!.UserInfo.Split(':').Select(System.Uri.UnescapeDataString).ToArray();
        return new MediaBucketOptions
        {
            Bucket = Uri.AbsolutePath.Trim('/'), Endpoint = new Uri(Uri.GetLeftPart(UriPartial.Scheme) + Uri.Authority), PathStyle = true,
            AccessKey = keys[0], SecretKey = keys[1], Prefix = $"loopwave-test/{NewId.Media()}/",
        };
    }
}
