using System.Net;
using System.Security.Cryptography;
using Loopwave.Deployment;
using Loopwave.Media;
using Loopwave.Storage.Media.S3;
using Loopwave.Testing.Api;
using Loopwave.Testing.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Loopwave.Storage.Tests.Files;

/// <summary>What goes wrong between us and a bucket, and what we ask of it.</summary>
public sealed class MediaBucketTests : IAsyncLifetime
{
    private const string Prefix = "media/";

    // For what is to fail by its time, and for that alone: a busy machine takes its own.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(2);

    private readonly string _directory = Directory.CreateTempSubdirectory("loopwave-").FullName;
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly LogLines _log = new();
    private readonly List<IDisposable> _made = [];
    private FakeS3 _server = null!;
    private MediaBucket _files = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeS3.Start();
        _files = NewFiles();
    }

    public async ValueTask DisposeAsync()
    {
        _made.ForEach(one => one.Dispose());
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_given_up_in_time_and_nothing_is_left_on_this_machine()
    {
        _files = NewFiles(s_soon);
        _server.Trouble = _ => new S3Trouble.Stall();
        var path = _files.NewTransferPath();
        await File.WriteAllBytesAsync(path, Any(100), Token);
        var hash = Hash(Any(10));

        Func<Task>[] all =
        [
            () => Write(Any(100)), () => _files.Adopt(path, Token), () => _files.Read(hash, Token), () => _files.Holds(hash, Token), () => _files.Lend(hash, Token),
            () => _files.Delete(hash, () => Task.FromResult(true)),
        ];
        await Task.WhenAll(all.Select(Assert.ThrowsAsync<StorageUnavailableException>));
        Assert.Empty(OnTheWay());
        Assert.Contains("does not answer", Assert.Single(_log.Lines), StringComparison.Ordinal);

        _server.Trouble = _ => null;
        Assert.IsType<MediaWrite.Stored>(await Write(Any(100)));
    }

    [Fact]
    public async Task A_service_that_is_gone_is_unavailable_and_works_again_when_it_is_back()
    {
        var port = new Uri(_server.Address).Port;
        await _server.DisposeAsync();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Write(Any(100)));

        _server = await FakeS3.Start(port);
        Assert.IsType<MediaWrite.Stored>(await Write(Any(100)));
    }

    [Fact]
    public async Task A_transfer_that_stands_still_is_given_up_and_what_the_service_had_of_it_is_not_there()
    {
        _files = NewFiles(s_soon);
        _server.Trouble = request => request.Operation is "PUT" ? new S3Trouble.Stall() : null;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Write(Any(5_000_000)));

        Assert.Empty(OnTheWay());
        Assert.Empty(_server.Keys);
    }

    [Fact]
    public async Task A_refusal_for_the_moment_and_a_lost_answer_are_tried_again_under_the_same_name()
    {
        foreach (var trouble in new S3Trouble[] { new S3Trouble.Refuse(HttpStatusCode.ServiceUnavailable, "SlowDown"), new S3Trouble.LostAnswer() })
        {
            var content = Any(100_000);
            var puts = 0;
            _server.Trouble = request => request.Operation is "PUT" && ++puts == 1 ? trouble : null;

            Assert.IsType<MediaWrite.Stored>(await Write(content));

            Assert.Equal(2, puts);
            Assert.Single(_server.Keys, key => key.Contains(Hash(content), StringComparison.Ordinal));
            Assert.Equal(content, await Bytes(Hash(content)));
        }
    }

    [Fact]
    public async Task A_service_that_goes_on_refusing_is_asked_three_times()
    {
        var hash = Hash(Any(1));
        _server.Trouble = _ => new S3Trouble.Refuse(HttpStatusCode.InternalServerError, "InternalError");

        await Assert.ThrowsAsync<StorageUnavailableException>(() => _files.Holds(hash, Token));

        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task An_answer_that_is_cut_off_or_stands_still_goes_on_where_it_ended()
    {
        _files = NewFiles(s_soon);
        foreach (var trouble in new S3Trouble[] { new S3Trouble.CutAfter(10_000), new S3Trouble.StallAfter(10_000) })
        {
            var content = Any(300_000);
            await Write(content);
            var gets = 0;
            _server.Trouble = request => request.Operation is "GET" && ++gets == 2 ? trouble : null;

            Assert.Equal(content, await Bytes(Hash(content)));
            Assert.Equal(3, gets);
        }
    }

    [Fact]
    public async Task An_answer_that_is_always_cut_off_is_never_taken_for_the_whole()
    {
        var content = Any(300_000);
        await Write(content);
        _server.Trouble = request => request.Operation is "GET" ? new S3Trouble.CutAfter(70_000) : null;
        await using var stream = (await _files.Read(Hash(content), Token))!;
        _server.Trouble = request => request.Operation is "GET" ? new S3Trouble.CutAfter(0) : null;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => stream.CopyToAsync(Stream.Null, Token));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _files.Lend(Hash(content), Token));
        Assert.Empty(OnTheWay());
    }

    [Fact]
    public async Task What_is_not_what_was_stored_is_not_lent()
    {
        var hash = Hash(Any(100));
        _server.Put($"{Prefix}{hash}/f_1", Any(100), TimeSpan.Zero);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => _files.Lend(hash, Token));
        Assert.Empty(OnTheWay());
    }

    [Fact]
    public async Task A_full_bucket_is_a_full_disk()
    {
        _server.Trouble = request => request.Operation is "PUT" ? new S3Trouble.Refuse(HttpStatusCode.InsufficientStorage, "XMinioStorageFull") : null;
        Assert.IsType<MediaWrite.DiskFull>(await Write(Any(100)));
        Assert.Empty(OnTheWay());
    }

    [Fact]
    public async Task Who_want_the_same_file_have_one_copy_which_goes_a_minute_after_the_last_one()
    {
        var content = Any(100_000);
        await Write(content);
        var lent = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _files.Lend(Hash(content), Token)));
        Assert.Single(lent.Select(one => one!.Path).Distinct());
        Assert.Equal(2, _server.Requests.Count(request => request.StartsWith("GET ", StringComparison.Ordinal)));

        foreach (var one in lent.Skip(1))
        {
            one!.Dispose();
        }

        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(content, await File.ReadAllBytesAsync(lent[0]!.Path, Token));

        lent[0]!.Dispose();
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Single(OnTheWay());
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(OnTheWay());
    }

    [Fact]
    public async Task What_was_lent_when_a_process_was_killed_is_gone_after_its_next_start()
    {
        var content = Any(100);
        await Write(content);
        await _files.Lend(Hash(content), Token);
        Assert.Single(OnTheWay());

        NewFiles();

        Assert.Empty(OnTheWay());
    }

    [Fact]
    public async Task A_second_copy_and_what_deletions_left_go_once_they_are_old_and_the_only_copy_of_what_is_needed_stays()
    {
        var (twice, hidden, gone, stray) = (Any(10), Any(20), Any(30), Any(40));
        Put(twice, "f_1");
        Put(twice, "f_2");
        Put(hidden, "f_1");
        Put(hidden, "f_1.leaving.f_9");
        Put(gone, "f_1");
        Put(gone, "f_1.leaving.f_9");
        Put(stray, "f_1.leaving.f_9");
        _server.Put(Prefix + "somebody else's", [1], TimeSpan.FromDays(9));

        await _files.Sweep(_clock.GetUtcNow().AddDays(-3), Needed(twice, hidden), Token);
        Assert.Equal(8, _server.Keys.Count);
        await _files.Sweep(_clock.GetUtcNow().AddDays(-1), Needed(twice, hidden), Token);

        Assert.Equal(
            new[] { Hash(twice) + "/f_1", Hash(hidden) + "/*", "somebody else's" }.Order(),
            _server.Keys.Select(key => key[Prefix.Length..]).Select(key => key.StartsWith(Hash(hidden), StringComparison.Ordinal) ? Hash(hidden) + "/*" : key).Order());
        Assert.Equal(hidden, await Bytes(Hash(hidden)));
    }

    [Fact]
    public async Task A_deletion_whose_request_arrives_after_everything_else_takes_nothing_that_was_written_since()
    {
        var content = Any(100);
        await Write(content);
        var old = Assert.Single(_server.Keys);
        await _files.Delete(Hash(content), () => Task.FromResult(true));
        await Write(content);

        await NewBucket().Delete(old[Prefix.Length..], Token);

        Assert.Equal(content, await Bytes(Hash(content)));
    }

    [Theory]
    [InlineData("NoSuchBucket", HttpStatusCode.NotFound, "There is no bucket")]
    [InlineData("AccessDenied", HttpStatusCode.Forbidden, "denies us access (AccessDenied)")]
    [InlineData("InvalidAccessKeyId", HttpStatusCode.Forbidden, "does not know these keys")]
    [InlineData("SignatureDoesNotMatch", HttpStatusCode.Forbidden, "does not know these keys")]
    [InlineData("AuthorizationHeaderMalformed", HttpStatusCode.BadRequest, "another region")]
    [InlineData("NoSuchTenant", HttpStatusCode.NotFound, "answers with 404 (NoSuchTenant)")]
    [InlineData("Something <script>", HttpStatusCode.BadRequest, "answers with 400 (no code)")]
    public async Task What_is_wrong_is_one_sentence_without_a_key_and_readiness_comes_back_by_itself(string code, HttpStatusCode status, string sentence)
    {
        _server.Trouble = _ => new S3Trouble.Refuse(status, code, $"Key {FakeS3.AccessKey} with {FakeS3.SecretKey}");
        var watch = NewWatch();
        Assert.False(watch.IsReady);
        await watch.Look(Token);
        await watch.Look(Token);

        Assert.False(watch.IsReady);
        var line = Assert.Single(_log.Lines);
        Assert.Contains(sentence, line, StringComparison.Ordinal);
        Assert.DoesNotContain(FakeS3.AccessKey, line, StringComparison.Ordinal);
        Assert.DoesNotContain(FakeS3.SecretKey, line, StringComparison.Ordinal);

        _server.Trouble = _ => null;
        await watch.Look(Token);
        Assert.True(watch.IsReady);
        Assert.Empty(_server.Keys);
    }

    [Theory]
    [InlineData("LIST")]
    [InlineData("PUT")]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task Each_right_that_is_missing_is_found_at_the_start(string operation)
    {
        _server.Trouble = request => request.Operation == operation ? new S3Trouble.Refuse(HttpStatusCode.Forbidden, "AccessDenied") : null;
        var watch = NewWatch();

        await watch.Look(Token);

        Assert.False(watch.IsReady);
        Assert.Contains("AccessDenied", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_by_its_signature()
    {
        var watch = NewWatch(secretKey: "another");

        await watch.Look(Token);

        Assert.Contains("SignatureDoesNotMatch", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_foresaw_is_said_once_and_is_not_ready()
    {
        var bucket = NewBucket();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        using var watch = new BucketWatch(bucket, Options(), loggers.CreateLogger<BucketWatch>());
        bucket.Dispose();

        await watch.Look(Token);
        await watch.Look(Token);

        Assert.False(watch.IsReady);
        Assert.Contains(nameof(ObjectDisposedException), Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    private static byte[] Any(int length) => RandomNumberGenerator.GetBytes(length);

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static Func<IReadOnlyCollection<string>, Task<IReadOnlySet<string>>> Needed(params byte[][] contents) =>
        hashes => Task.FromResult<IReadOnlySet<string>>(hashes.Intersect(contents.Select(Hash)).ToHashSet());

    private void Put(byte[] content, string name) =>
        _server.Put($"{Prefix}{Hash(content)}/{name}", name.Contains(".leaving.", StringComparison.Ordinal) ? [] : content, TimeSpan.FromDays(2));

    private Task<MediaWrite> Write(byte[] content) => _files.Write(new MemoryStream(content), 100_000_000, Token);

    private async Task<byte[]> Bytes(string hash)
    {
        await using var stream = await _files.Read(hash, Token);
        using var copy = new MemoryStream();
        await stream!.CopyToAsync(copy, Token);
        return copy.ToArray();
    }

    private string[] OnTheWay() => Directory.GetFiles(_directory, "*", SearchOption.AllDirectories);

    private MediaBucketOptions Options(string secretKey = FakeS3.SecretKey, TimeSpan? patience = null)
    {
        var usual = new MediaBucketOptions { Bucket = FakeS3.Bucket };
        return new MediaBucketOptions
        {
            Bucket = FakeS3.Bucket, Endpoint = new Uri(_server.Address), Region = FakeS3.Region, PathStyle = true, Prefix = Prefix,
            AccessKey = FakeS3.AccessKey, SecretKey = secretKey, Patience = patience ?? usual.Patience, Stall = patience ?? usual.Stall,
        };
    }

    private S3Bucket NewBucket(string secretKey = FakeS3.SecretKey, TimeSpan? patience = null)
    {
        var bucket = new S3Bucket(Options(secretKey, patience), _log.CreateLogger("Loopwave.Storage"));
        _made.Add(bucket);
        return bucket;
    }

    private MediaBucket NewFiles(TimeSpan? patience = null)
    {
        var files = new MediaBucket(NewBucket(patience: patience), _directory, "one", _clock);
        _made.Add(files);
        return files;
    }

    private BucketWatch NewWatch(string secretKey = FakeS3.SecretKey)
    {
        var watch = new BucketWatch(NewBucket(secretKey), Options(secretKey), NullLogger<BucketWatch>.Instance);
        _made.Add(watch);
        return watch;
    }
}
