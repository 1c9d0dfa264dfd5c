using Loopwave.Storage;

namespace Loopwave.Configuration;

/// <summary>The bucket that media are in, where there is one.</summary>
public sealed partial class SettingsReader
{
    private const int LongestPrefix = 200;

    private MediaBucketOptions? MediaBucket()
    {
        if (Text("MEDIA_S3_BUCKET") is not { } bucket)
        {
            // Ignoring these would let somebody believe that files are where they are not.
            foreach (var key in new[] { "ENDPOINT", "REGION", "PREFIX", "ACCESS_KEY", "SECRET_KEY", "PATH_STYLE" }.Select(key => "MEDIA_S3_" + key))
            {
                if (Text(key) is not null)
                {
                    _mistakes.Add($"{key} is set, but MEDIA_S3_BUCKET is not: it names the bucket that media are kept in.");
                }
            }

            return null;
        }

        if (bucket.Length is < 3 or > 63 || !bucket.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '.' or '_'))
        {
            _mistakes.Add($"MEDIA_S3_BUCKET is \"{bucket}\", but it must be the name of a bucket: 3 to 63 letters, digits, dashes, dots and underscores.");
        }

        var endpoint = MediaEndpoint();
        var (accessKey, secretKey) = (Text("MEDIA_S3_ACCESS_KEY"), Text("MEDIA_S3_SECRET_KEY"));
        if (accessKey is null != secretKey is null)
        {
            _mistakes.Add("MEDIA_S3_ACCESS_KEY and MEDIA_S3_SECRET_KEY belong together: set both, or neither where the machine has a role.");
        }

        return new MediaBucketOptions
        {
            Bucket = bucket,
            Endpoint = endpoint,
            Region = MediaRegion(endpoint),
            Prefix = MediaPrefix(),
            AccessKey = accessKey,
            SecretKey = secretKey,

            // Amazon ends it, and hardly anybody else makes a name in the DNS for each bucket.
            PathStyle = IsOn("MEDIA_S3_PATH_STYLE", fallback: endpoint is not null),
        };
    }

    private Uri? MediaEndpoint()
    {
        if (Text("MEDIA_S3_ENDPOINT") is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address)
            && address is { Scheme: "http" or "https", Host.Length: > 0, UserInfo: "", AbsolutePath: "/", Query: "", Fragment: "" })
        {
            return address;
        }

        // It can hold a password.
        _mistakes.Add("MEDIA_S3_ENDPOINT must be the address of a service, beginning with http:// or https://, with nothing after its host and port.");
        return null;
    }

    private string MediaRegion(Uri? endpoint)
    {
        var region = Text("MEDIA_S3_REGION");
        if (region is null && endpoint is null && Text("MEDIA_S3_ENDPOINT") is null)
        {
            _mistakes.Add("MEDIA_S3_REGION is missing: the region of the bucket, such as eu-central-1. A service other than Amazon's has MEDIA_S3_ENDPOINT instead.");
        }
        else if (region is not null && (region.Length > 40 || !region.All(one => char.IsAsciiLetterOrDigit(one) || one is '-')))
        {
            _mistakes.Add($"MEDIA_S3_REGION is \"{region}\", but it must be a region such as eu-central-1.");
            region = null;
        }

        return region ?? "us-east-1";
    }

    private string MediaPrefix()
    {
        if (Text("MEDIA_S3_PREFIX")?.Trim('/') is not { Length: > 0 } prefix)
        {
            return "";
        }

        if (prefix.Length > LongestPrefix || !prefix.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '.' or '_' or '/')
            || prefix.Split('/').Any(part => part is "" or "." or ".."))
        {
            _mistakes.Add($"MEDIA_S3_PREFIX is \"{prefix}\", but it must be up to {LongestPrefix} letters, digits, dashes, dots, underscores and slashes.");
        }

        return prefix + "/";
    }
}
