using Loopwave.Engines;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Loopwave.Media;

public sealed class EvictionTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;
    private byte _content;

    private IMediaFiles Files => _cluster.Services.GetRequiredService<IMediaFiles>();

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(services => services.Configure<MediaOptions>(options => options.CacheBytes = 250));
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

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

        Assert.NotNull(await Files.Path(upload.Hash, CancellationToken.None));
        Assert.Equal("here here", await Where([ofGone, shared]));
        Assert.Equal("gone gone", await Where(others));
    }

    [Fact]
    public async Task Nothing_goes_while_there_is_room()
    {
        var files = new List<StoredFile> { await Fetch(_number), await Fetch(_number) };

        await Evict();

        Assert.Equal("here here", await Where(files));
    }

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
            found.Add(await Files.Path(file.Hash, CancellationToken.None) is null ? "gone" : "here");
        }

        return string.Join(' ', found);
    }

    private Task Evict() => _cluster.Services.GetServices<IHostedService>().OfType<MediaEviction>().Single().Evict(CancellationToken.None);
}
