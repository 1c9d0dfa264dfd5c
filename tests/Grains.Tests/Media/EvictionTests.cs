using System.Security.Cryptography;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Storage;
using Loopwave.Testing;
using Loopwave.Testing.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Xunit;

namespace Loopwave.Media;

public sealed class DirectoryEvictionTests : EvictionTests
{
    protected override void SetTime(LoopwaveCluster cluster, DateTimeOffset writtenAt)
    {
        foreach (var path in Directory.EnumerateFiles(Path.Combine(cluster.DataDirectory, "media"), "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(path, writtenAt.UtcDateTime);
        }
    }
}

public sealed class BucketEvictionTests : EvictionTests
{
    private readonly string _directory = Directory.CreateTempSubdirectory("loopwave-").FullName;
    private FakeS3 _server = null!;

    public override async ValueTask InitializeAsync()
    {
        _server = await FakeS3.Start();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected override void Configure(IServiceCollection services) => services.AddMediaBucket(
        new MediaBucketOptions
        {
            Bucket = FakeS3.Bucket, Endpoint = new Uri(_server.Address), Region = FakeS3.Region, PathStyle = true, AccessKey = FakeS3.AccessKey,
            SecretKey = FakeS3.SecretKey,
        },
        _directory, process: null);

    protected override void SetTime(LoopwaveCluster cluster, DateTimeOffset writtenAt) => _server.SetTime(writtenAt);
}

/// <summary>Making room, whatever files are kept in.</summary>
public abstract class EvictionTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;
    private byte _content;

    private IMediaFiles Files => _cluster.Services.GetRequiredService<IMediaFiles>();

    public virtual async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(services =>
        {
            services.Configure<MediaOptions>(options => options.CacheBytes = 250);
            Configure(services);
        });
        _number = await _cluster.ReadyNumber();
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _cluster.DisposeAsync();
    }

    [Fact]
    public async Task What_was_not_used_for_longest_makes_room_and_is_fetched_again_when_it_is_wanted()
    {
        var files = new List<StoredFile> { await Fetch(_number), await Fetch(_number), await Fetch(_number), await Fetch(_number) };
        _cluster.Clock.Advance(TimeSpan.FromMinutes(2));
        await Open(files[0].Media.Id);

        await Evict();

        Assert.Equal("here gone gone here", await Where(files));
        Assert.Equal(files[1].Hash, (await Open(files[1].Media.Id)).Hash);
    }

    [Fact]
    public async Task What_could_not_be_fetched_again_stays()
    {
        var content = NewContent();
        var upload = Assert.IsType<MediaWrite.Stored>(await Files.Write(new MemoryStream(content), 1000, CancellationToken.None));
        await _cluster.Media.Register(new UploadedFile(upload.Hash, upload.Size, "image/png", null));
        var gone = await _cluster.ReadyNumber("919800000002");
        var ofGone = await Fetch(gone);
        await _cluster.Number(gone).Unlink();
        var shared = await Fetch(_number, content);
        var others = new List<StoredFile> { await Fetch(_number), await Fetch(_number) };

        await Evict();

        Assert.True(await Files.Holds(upload.Hash, CancellationToken.None));
        Assert.Equal("here here", await Where([ofGone, shared]));
        Assert.Equal("gone gone", await Where(others));
    }

    [Fact]
    public async Task What_is_sent_on_later_stays_until_then_and_after_it()
    {
        var files = new List<StoredFile> { await Fetch(_number), await Fetch(_number), await Fetch(_number), await Fetch(_number) };
        var sent = (await _cluster.Messages.Send(Any.Send("", from: _number) with
        {
            Media = files[0].Media.Id, FileName = "for you.jpg", SendAt = _cluster.Clock.GetUtcNow().AddHours(1),
        })).Value!.Message.Id;

        await Evict();
        Assert.Equal("here gone gone here", await Where(files));
        _cluster.Clock.Advance(TimeSpan.FromHours(1));

        var file = (await _cluster.Engine.NextRelay(_number)).Message.File!;
        Assert.Equal(("for you.jpg", "image/jpeg"), (file.FileName, file.MimeType));
        Assert.Equal(files[0].Hash, Hash(await File.ReadAllBytesAsync(file.Path)));
        Assert.Equal("for you.jpg", (await _cluster.Messages.Get(sent, Access.All)).Value!.Message.Media!.FileName);
    }

    /// <summary>The writing and the registering of an upload stand at every two moments of the eviction of the same content.</summary>
    [Fact]
    public async Task An_upload_of_content_that_makes_room_at_that_moment_is_kept_or_asked_for_again_and_never_lost()
    {
        var moments = Enum.GetValues<Moment>();
        var refusals = new HashSet<bool>();
        foreach (var (written, registered) in moments.SelectMany(written => moments.Where(moment => moment >= written).Select(registered => (written, registered))))
        {
            var content = NewContent();
            await Fetch(_number, content);
            await Fetch(_number);
            await Fetch(_number);
            MediaWrite? write = null;
            Outcome<MediaView>? answer = null;
            var eviction = NewEviction(Hash(content), async moment =>
            {
                if (moment == written)
                {
                    write ??= await Write(content);
                }

                if (moment == registered)
                {
                    answer ??= await Register(content);
                }
            });

            await eviction.Evict(CancellationToken.None);

            Assert.NotNull(write);
            refusals.Add(answer!.Refusal is not null);

            if (answer.Refusal is { } refusal)
            {
                Assert.Equal((RefusalCode.StorageUnavailable, true), (refusal.Code, refusal.RetryAfter is not null));
                await Write(content);
                answer = await Register(content);
            }

            Assert.Equal(content, await Bytes(await Open(answer.Value!.Id)));
            await Evict();
            Assert.Equal(content, await Bytes(await Open(answer.Value!.Id)));
        }

        Assert.Equal(2, refusals.Count);
    }

    [Fact]
    public async Task Two_that_make_room_at_once_leave_nothing_that_nobody_knows_of()
    {
        var content = NewContent();
        await Fetch(_number, content);
        await Fetch(_number);
        await Fetch(_number);
        var eviction = NewEviction(Hash(content), moment => moment is Moment.WhileItIsAway ? Evict() : Task.CompletedTask);

        await eviction.Evict(CancellationToken.None);

        Assert.False(await Files.Holds(Hash(content), CancellationToken.None));
    }

    [Fact]
    public async Task A_file_that_nobody_wrote_down_goes_a_day_later_and_one_that_is_needed_stays()
    {
        var needed = await Fetch(_number);
        var left = await Write(NewContent());
        var upkeep = _cluster.Services.GetServices<IHostedService>().OfType<MediaUpkeep>().Single();

        SetTime(_cluster, _cluster.Clock.GetUtcNow().AddHours(-23));
        await upkeep.Sweep(CancellationToken.None);
        Assert.True(await Files.Holds(left.Hash, CancellationToken.None));

        SetTime(_cluster, _cluster.Clock.GetUtcNow().AddHours(-25));
        await upkeep.Sweep(CancellationToken.None);

        Assert.False(await Files.Holds(left.Hash, CancellationToken.None));
        Assert.Equal("here", await Where([needed]));
    }

    [Fact]
    public async Task Nothing_goes_while_there_is_room()
    {
        var files = new List<StoredFile> { await Fetch(_number), await Fetch(_number) };

        await Evict();

        Assert.Equal("here here", await Where(files));
    }

    /// <summary>What the cluster has different from a directory for media.</summary>
    protected virtual void Configure(IServiceCollection services)
    {
    }

    /// <summary>Makes everything that is kept as if it had been written then.</summary>
    protected abstract void SetTime(LoopwaveCluster cluster, DateTimeOffset writtenAt);

    private byte[] NewContent() => [.. Enumerable.Repeat(++_content, 100)];

    private async Task<StoredFile> Fetch(string number, byte[]? content = null)
    {
        content ??= NewContent();
        var message = Any.Inbound("see", _cluster.Clock.GetUtcNow(), jid: Any.Jid()) with { File = new RemoteFile(content, "image/jpeg", null, 100, null) };
        _cluster.Engine.Download = file => file.Locator;
        await _cluster.Engine.Raise(number, new EngineEvent.MessageReceived(message));
        _cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        return await Open((await _cluster.MessagesOf(message.Jid))[0].Media!.Id);
    }

    private async Task<StoredFile> Open(string id) => (await _cluster.Media.Open(id, Access.All)).Value!;

    private async Task<string> Where(IEnumerable<StoredFile> files)
    {
        var found = new List<string>();
        foreach (var file in files)
        {
            found.Add(await Files.Holds(file.Hash, CancellationToken.None) ? "here" : "gone");
        }

        return string.Join(' ', found);
    }

    private async Task<MediaWrite.Stored> Write(byte[] content) =>
        Assert.IsType<MediaWrite.Stored>(await Files.Write(new MemoryStream(content), 1000, CancellationToken.None));

    private Task<Outcome<MediaView>> Register(byte[] content) =>
        _cluster.Media.Register(new UploadedFile(Hash(content), content.Length, "image/png", null));

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private async Task<byte[]> Bytes(StoredFile file)
    {
        using var lent = await Files.Lend(file.Hash, CancellationToken.None);
        return await File.ReadAllBytesAsync(lent!.Path);
    }

    private MediaEviction NewEviction(string hash, Func<Moment, Task> at) => new(
        new MediaStoreBetween(_cluster.Services.GetRequiredService<IMediaStore>(), hash, at), new MediaFilesBetween(Files, hash, at),
        _cluster.Services.GetRequiredService<IOptions<MediaOptions>>());

    private Task Evict() => _cluster.Services.GetRequiredService<MediaEviction>().Evict(CancellationToken.None);

    /// <summary>Where an upload can stand in an eviction.</summary>
    private enum Moment
    {
        BeforeAnythingIsKnown,
        BeforeItIsTaken,
        WhileItIsAway,
        BeforeItIsNoted,
        AfterItIsNoted,
        AfterItIsGone,
    }

    private sealed class MediaFilesBetween(IMediaFiles files, string watched, Func<Moment, Task> at) : IMediaFiles
    {
        public async Task Delete(string hash, Func<Task<bool>> mayGo)
        {
            if (hash != watched)
            {
                await files.Delete(hash, mayGo);
                return;
            }

            await at(Moment.BeforeItIsTaken);
            await files.Delete(hash, async () =>
            {
                await at(Moment.WhileItIsAway);
                return await mayGo();
            });
            await at(Moment.AfterItIsGone);
        }

        public Task<MediaWrite> Write(Stream content, long maxBytes, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<MediaWrite> Adopt(string path, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Stream?> Read(string hash, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> Holds(string hash, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<LentFile?> Lend(string hash, CancellationToken cancellationToken) => throw new NotSupportedException();

        public string NewTransferPath() => throw new NotSupportedException();

        public Task<int> Sweep(
            DateTimeOffset before, Func<IReadOnlyCollection<string>, Task<IReadOnlySet<string>>> needed, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    private sealed class MediaStoreBetween(IMediaStore media, string watched, Func<Moment, Task> at) : IMediaStore
    {
        public async Task<long> TotalSize()
        {
            await at(Moment.BeforeAnythingIsKnown);
            return await media.TotalSize();
        }

        public async Task<bool> Evict(MediaDocument file)
        {
            if (file.Hash != watched)
            {
                return await media.Evict(file);
            }

            await at(Moment.BeforeItIsNoted);
            var evicted = await media.Evict(file);
            await at(Moment.AfterItIsNoted);
            return evicted;
        }

        public Task<IReadOnlyList<MediaDocument>> Evictable(int limit) => media.Evictable(limit);

        public Task<IReadOnlySet<string>> Needed(IReadOnlyCollection<string> hashes) => media.Needed(hashes);

        public Task<IReadOnlyDictionary<string, MediaDocument>> Get(IReadOnlyCollection<string> ids) => throw new NotSupportedException();

        public Task Put(MediaDocument media) => throw new NotSupportedException();

        public Task Touch(string id, DateTimeOffset at) => throw new NotSupportedException();
    }
}
