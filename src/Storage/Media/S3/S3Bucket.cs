using System.Runtime.CompilerServices;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Media.S3;

/// <summary>
/// The requests that we make to a bucket, by names below our prefix. Each ends within its time, repetitions included, and fails with
/// <see cref="Deployment.StorageUnavailableException"/>. What is written is durable when the request returns.
/// </summary>
internal sealed class S3Bucket : IDisposable
{
    // A request is made three times at most.
    private const int Repetitions = 2;

    private readonly MediaBucketOptions _options;
    private readonly S3Errors _errors;
    private readonly AmazonS3Client _client;

    public S3Bucket(MediaBucketOptions options, ILogger logger)
    {
        _options = options;
        _errors = new S3Errors(options, logger, TimeProvider.System);
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = Repetitions,
            ConnectTimeout = options.Patience,

            // The deadlines here are the ones that count.
            Timeout = Timeout.InfiniteTimeSpan,

            // Our own settings are the only ones that say where media are.
            IgnoreConfiguredEndpointUrls = true,

            // The signature covers the content of what we send, and its hash is its name. More than that not every service knows.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            DisableLogging = true,
        };
        if (options.Endpoint is { } endpoint)
        {
            (config.ServiceURL, config.AuthenticationRegion) = (endpoint.ToString(), options.Region);
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        _client = options.AccessKey is { } key
            ? new AmazonS3Client(new BasicAWSCredentials(key, options.SecretKey), config)
            : new AmazonS3Client(config);
    }

    /// <summary>All objects whose name begins so, in the order of their names.</summary>
    public async Task<List<StoredObject>> List(string start, CancellationToken cancellationToken)
    {
        var found = new List<StoredObject>();
        await foreach (var page in Pages(start, cancellationToken))
        {
            found.AddRange(page);
        }

        return found;
    }

    /// <summary>The same, as the service gives them, up to a thousand at once.</summary>
    public async IAsyncEnumerable<IReadOnlyList<StoredObject>> Pages(string start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            var request = new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = _options.Prefix + start, ContinuationToken = next };
            var page = await Run(_options.Patience, deadline => _client.ListObjectsV2Async(request, deadline.Token), cancellationToken);
            yield return [.. (page.S3Objects ?? []).Select(Stored)];
            next = page.IsTruncated is true ? page.NextContinuationToken : null;
        }
        while (next is not null);
    }

    /// <summary>Whether the bucket can be listed, and objects in it written, read and deleted.</summary>
    public async Task Try(bool toWrite, CancellationToken cancellationToken)
    {
        const string Name = "probe";
        var request = new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = _options.Prefix + Name, MaxKeys = 1 };
        try
        {
            await Run(_options.Patience, deadline => _client.ListObjectsV2Async(request, deadline.Token), cancellationToken);
            if (toWrite)
            {
                await Put(Name, cancellationToken);
                await Read(Name, 0, 0, cancellationToken);
                await Delete(Name, cancellationToken);
            }
        }
        catch (AmazonS3Exception error) when (S3Errors.IsMissing(error))
        {
            // Of a list it is not a file that is missing: something else answers at that address.
            throw _errors.Unavailable(error);
        }
    }

    /// <summary>Stores a file, in one request: an object is there whole or not at all, and nothing is left of one that was cut off.</summary>
    /// <exception cref="NoRoomException">The bucket is full.</exception>
    public async Task Put(string name, WholeFile file, CancellationToken cancellationToken)
    {
        await using var content = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.Asynchronous);
        await Run(
            _options.Stall,
            deadline => _client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = _options.Bucket, Key = _options.Prefix + name, InputStream = new SentStream(content, deadline),
                    AutoCloseStream = false, UseChunkEncoding = false,
                },
                deadline.Token),
            cancellationToken,
            mayBeFull: true);
    }

    /// <summary>Stores a name with nothing behind it.</summary>
    public Task Put(string name, CancellationToken cancellationToken) => Run(
        _options.Patience,
        deadline => _client.PutObjectAsync(
            new PutObjectRequest { BucketName = _options.Bucket, Key = _options.Prefix + name, ContentBody = "", UseChunkEncoding = false }, deadline.Token),
        cancellationToken,
        mayBeFull: true);

    /// <summary>Copies within the bucket; false when there is nothing to copy.</summary>
    public async Task<bool> Copy(string from, string to, CancellationToken cancellationToken) => await Unless(Run<CopyObjectResponse?>(
        _options.Stall,
        async deadline => await _client.CopyObjectAsync(
            new CopyObjectRequest
            {
                SourceBucket = _options.Bucket, SourceKey = _options.Prefix + from, DestinationBucket = _options.Bucket, DestinationKey = _options.Prefix + to,
            },
            deadline.Token),
        cancellationToken)) is not null;

    /// <summary>Whether or not there was one.</summary>
    public Task Delete(string name, CancellationToken cancellationToken) => Run(
        _options.Patience,
        deadline => _client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _options.Bucket, Key = _options.Prefix + name }, deadline.Token),
        cancellationToken);

    /// <summary>A part of an object that is small enough for memory; null when there is no such object.</summary>
    public async Task<byte[]?> Read(string name, long from, int length, CancellationToken cancellationToken)
    {
        await using var body = await Open(name, from, length, cancellationToken);
        if (body is null)
        {
            return null;
        }

        var bytes = new byte[length];
        await body.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    /// <summary>An object from some byte on; null when there is no such object.</summary>
    public async Task<ReceivedStream?> Open(string name, long from, long length, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest { BucketName = _options.Bucket, Key = _options.Prefix + name };
        if (length > 0)
        {
            request.ByteRange = new ByteRange(from, from + length - 1);
        }

        var answer = await Unless(Run<GetObjectResponse?>(
            _options.Patience, async deadline => await _client.GetObjectAsync(request, deadline.Token), cancellationToken));
        return answer is null ? null : new ReceivedStream(answer.ResponseStream, read => Run(_options.Stall, read, CancellationToken.None), answer);
    }

    public S3Errors Errors => _errors;

    public void Dispose() => _client.Dispose();

    private StoredObject Stored(S3Object found) => new(
        found.Key[_options.Prefix.Length..], found.Size ?? 0, new DateTimeOffset((found.LastModified ?? default).ToUniversalTime()));

    private static async Task<T?> Unless<T>(Task<T?> answer)
        where T : class
    {
        try
        {
            return await answer;
        }
        catch (AmazonS3Exception error) when (S3Errors.IsMissing(error))
        {
            return null;
        }
    }

    private async Task<T> Run<T>(
        TimeSpan patience, Func<Deadline, Task<T>> request, CancellationToken cancellationToken, bool mayBeFull = false)
    {
        using var deadline = new Deadline(patience, cancellationToken);
        try
        {
            return await request(deadline);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception error) when (deadline.IsOver && (error is OperationCanceledException || S3Errors.IsOfTheBucket(error)))
        {
            throw _errors.Silent();
        }
        catch (Exception error) when (mayBeFull && S3Errors.IsFull(error))
        {
            throw new NoRoomException();
        }
        catch (Exception error) when (S3Errors.IsOfTheBucket(error) && !S3Errors.IsMissing(error))
        {
            throw _errors.Unavailable(error);
        }
    }
}

/// <param name="ModifiedAt">When it was written, by the clock of the service.</param>
internal sealed record StoredObject(string Name, long Size, DateTimeOffset ModifiedAt);
