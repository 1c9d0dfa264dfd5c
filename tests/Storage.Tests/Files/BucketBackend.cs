using System.Text.RegularExpressions;
using Loopwave.Media;
using Loopwave.Storage.Media.S3;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Testing.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Loopwave.Storage.Tests.Files;

public sealed class BucketMediaFilesTests() : MediaFilesTests(new FakeBucketBackend());

/// <summary>A part of a bucket; each process has a clock of its own, which a test moves.</summary>
public partial class BucketBackend(MediaBucketOptions options) : MediaFilesBackend
{
    private readonly S3Bucket _bucket = new(options, NullLogger.Instance);
    private readonly List<MediaBucket> _started = [];

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("loopwave-").FullName;

    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public override IMediaFiles Start(string process) => Start(process, Clock);

    public override IMediaFiles StartLater(string process) => Start(process, new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(5)));

    public override async Task<int> Count() => (await _bucket.List("", TestContext.Current.CancellationToken)).Count(one => Content().IsMatch(one.Name));

    public override IReadOnlyList<string> OnTheWay() => System.IO.Directory.GetFiles(Directory, "*", SearchOption.AllDirectories);

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var one in await _bucket.List("", CancellationToken.None))
        {
            await _bucket.Delete(one.Name, CancellationToken.None);
        }

        _started.ForEach(one => one.Dispose());
        _bucket.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private MediaBucket Start(string process, TimeProvider clock)
    {
        var started = new MediaBucket(_bucket, Directory, process, clock);
        _started.Add(started);
        return started;
    }

    [GeneratedRegex("^[0-9a-f]{64}/[^.]*$")]
    private static partial Regex Content();
}

/// <summary>The same on a service of its own, which does as the test says.</summary>
public sealed class FakeBucketBackend : BucketBackend
{
    private readonly FakeS3 _server;

    public FakeBucketBackend()
        : this(FakeS3.Start().GetAwaiter().GetResult())
    {
    }

    private FakeBucketBackend(FakeS3 server)
        : base(Options(server)) => _server = server;

    public static MediaBucketOptions Options(FakeS3 server) => new()
    {
        Bucket = FakeS3.Bucket, Endpoint = new Uri(server.Address), Region = FakeS3.Region, PathStyle = true, Prefix = "some where/",
        AccessKey = FakeS3.AccessKey, SecretKey = FakeS3.SecretKey,
    };

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
