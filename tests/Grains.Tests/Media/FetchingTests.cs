using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Xunit;

namespace Loopwave.Media;

/// <summary>Files that were received: fetched through their number when somebody wants them.</summary>
public sealed class FetchingTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Fact]
    public async Task A_received_file_is_fetched_when_it_is_opened_and_served_from_disk_after_that()
    {
        var media = await ReceiveFile();
        Assert.Equal(MediaState.None, media.State);

        var opened = (await Cluster.Media.Open(media.Id, Access.All)).Value!;
        Assert.Equal((MediaState.Ready, 3L), (opened.Media.State, opened.Media.Size));
        Assert.Equal([1, 2, 3], await Bytes(opened.Hash));
        Assert.Equal(MediaState.Ready, (await OnlyMessage()).Media!.State);

        await Raise(new EngineEvent.Closed(403));
        Assert.Equal(opened.Hash, (await Cluster.Media.Open(media.Id, Access.All)).Value!.Hash);
        Assert.Equal(1, Downloads());
    }

    [Fact]
    public async Task A_received_file_is_sent_on_once_it_is_here_and_only_by_those_who_may_see_it()
    {
        var media = await ReceiveFile();
        var send = Any.Send("", from: Number) with { Media = media.Id };
        Assert.Equal(RefusalCode.MediaUnavailable, (await Cluster.Messages.Send(send)).Refusal!.Code);

        await Cluster.Media.Open(media.Id, Access.All);
        Assert.NotNull((await Cluster.Messages.Send(send)).Value);
        var stranger = send with { From = null, Access = new Access(Numbers: ["n000000000x"]) };
        Assert.Equal(RefusalCode.InvalidInput, (await Cluster.Messages.Send(stranger)).Refusal!.Code);
    }

    [Fact]
    public async Task Whoever_asks_while_it_is_under_way_waits_for_the_same_download()
    {
        var media = await ReceiveFile();
        var goOn = new TaskCompletionSource();
        Cluster.Engine.Downloading = goOn.Task;

        var asked = Enumerable.Range(0, 5).Select(_ => Cluster.Media.Open(media.Id, Access.All)).ToList();
        await Cluster.Eventually(() => Task.FromResult(Cluster.Engine.Downloads.Reader.Count), count => count > 0);
        Assert.Equal(MediaState.Loading, (await OnlyMessage()).Media!.State);
        goOn.SetResult();

        Assert.Single((await Task.WhenAll(asked)).Select(answer => answer.Value!.Hash).Distinct());
        Assert.Equal(1, Downloads());
    }

    [Fact]
    public async Task A_file_of_a_number_that_is_offline_is_refused_and_fetched_once_it_is_ready()
    {
        var media = await ReceiveFile();
        await Raise(new EngineEvent.Closed(403));
        Assert.Equal(RefusalCode.MediaUnavailable, (await Cluster.Media.Open(media.Id, Access.All)).Refusal!.Code);

        await Cluster.Number(Number).Reconnect();
        await Cluster.Reconnected(Number);

        Assert.Equal(MediaState.Ready, (await Cluster.Media.Open(media.Id, Access.All)).Value!.Media.State);
    }

    [Theory]
    [InlineData(EngineError.Gone, null, RefusalCode.MediaUnavailable, "gone")]
    [InlineData(EngineError.Unavailable, null, RefusalCode.MediaUnavailable, "not_fetched")]
    [InlineData(EngineError.NotConnected, null, RefusalCode.MediaUnavailable, "not_fetched")]
    [InlineData(EngineError.Rejected, null, RefusalCode.MediaUnavailable, "unreadable")]
    [InlineData(EngineError.Rejected, EngineException.TooLarge, RefusalCode.MediaUnavailable, "too_large")]
    [InlineData(EngineError.Unavailable, EngineException.DiskFull, RefusalCode.DiskFull, "disk_full")]
    public async Task A_download_that_fails_says_why_and_can_be_tried_again(EngineError error, string? code, RefusalCode refusal, string reason)
    {
        var media = await ReceiveFile();
        Cluster.Engine.Download = _ => throw new EngineException(error, "No.", code);

        Assert.Equal(refusal, (await Cluster.Media.Open(media.Id, Access.All)).Refusal!.Code);
        var failed = (await OnlyMessage()).Media!;
        Assert.Equal((MediaState.Failed, reason), (failed.State, failed.Reason!.Code));

        Cluster.Engine.Download = _ => [7];
        Assert.Equal([7], await Bytes((await Cluster.Media.Open(media.Id, Access.All)).Value!.Hash));
        Assert.Null((await OnlyMessage()).Media!.Reason);
    }

    [Fact]
    public async Task What_becomes_of_a_file_is_announced_with_its_message()
    {
        var media = await ReceiveFile();
        var received = await OnlyMessage();
        var sequence = await LastSequence();
        Cluster.Engine.Download = _ => throw new EngineException(EngineError.Gone, "No.");
        Cluster.Clock.Advance(TimeSpan.FromSeconds(1));

        await Cluster.Media.Open(media.Id, Access.All);
        await Cluster.Media.Open(media.Id, Access.All);

        var failed = Assert.Single(await Events(sequence));
        Assert.Equal(("message.updated", received.Id, "media"), (failed.Event, (string)failed.Data["id"]!, (string)failed.Data["changed"]!.AsArray().Single()!));
        Assert.Equal(("failed", "gone"), ((string)failed.Data["media"]!["state"]!, (string)failed.Data["media"]!["reason"]!["code"]!));
        Assert.Equal(Now, (await OnlyMessage()).UpdatedAt);

        Cluster.Engine.Download = _ => [7];
        var opened = (await Cluster.Media.Open(media.Id, Access.All)).Value!;
        await Files(Cluster).Delete(opened.Hash, () => Task.FromResult(true));
        await Cluster.Media.Open(media.Id, Access.All);

        var ready = Assert.Single(await Events(failed.Sequence));
        Assert.Equal(("message.updated", "ready", 1), (ready.Event, (string)ready.Data["media"]!["state"]!, (int)ready.Data["media"]!["size"]!));
        Assert.Null(ready.Data["media"]!["reason"]);
    }

    [Fact]
    public async Task A_file_of_a_message_that_was_deleted_meanwhile_is_not_announced()
    {
        Cluster.Engine.Download = _ => [1, 2, 3];
        Cluster.Engine.Downloading = Task.CompletedTask;
        var message = From(Customer, "see") with { Type = MessageType.Image, File = RemotePicture };
        await Receive(message);
        var media = (await OnlyMessage()).Media!;
        await Raise(new EngineEvent.MessageRevoked(Customer, new TargetMessage(message.WhatsAppId, false, null), Now, Them));
        var sequence = await LastSequence();

        await Cluster.Media.Open(media.Id, Access.All);

        Assert.Empty(await Events(sequence));
    }

    [Fact]
    public async Task A_download_that_never_ends_is_given_up_after_a_minute()
    {
        var media = await ReceiveFile();
        Cluster.Engine.Downloading = new TaskCompletionSource().Task;

        var open = Cluster.Media.Open(media.Id, Access.All);
        await Cluster.Engine.Downloads.Reader.ReadAsync();
        Cluster.Clock.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(RefusalCode.MediaUnavailable, (await open).Refusal!.Code);
        Assert.Equal("not_fetched", (await OnlyMessage()).Media!.Reason!.Code);
    }

    [Fact]
    public async Task A_file_that_was_lost_from_disk_is_fetched_again()
    {
        var media = await ReceiveFile();
        var opened = (await Cluster.Media.Open(media.Id, Access.All)).Value!;
        await Files(Cluster).Delete(opened.Hash, () => Task.FromResult(true));

        Assert.Equal(opened.Hash, (await Cluster.Media.Open(media.Id, Access.All)).Value!.Hash);
        Assert.Equal(2, Downloads());
    }

    [Fact]
    public async Task Nobody_opens_what_their_key_does_not_see_or_what_is_not_there()
    {
        var media = await ReceiveFile();

        Assert.Equal(RefusalCode.NotFound, (await Cluster.Media.Open(media.Id, new Access(SandboxOnly: true))).Refusal!.Code);
        Assert.Equal(RefusalCode.NotFound, (await Cluster.Media.Open(media.Id, new Access(Numbers: ["n0000000000"]))).Refusal!.Code);
        Assert.Equal(RefusalCode.NotFound, (await Cluster.Media.Open("f_0000000000000000", Access.All)).Refusal!.Code);
        Assert.Equal(0, Downloads());
    }

    [Fact]
    public async Task An_upload_is_ready_and_goes_out_with_its_bytes()
    {
        var write = Assert.IsType<MediaWrite.Stored>(await Files(Cluster).Write(new MemoryStream([9, 9]), 100, CancellationToken.None));
        var upload = (await Cluster.Media.Register(new UploadedFile(write.Hash, write.Size, "image/PNG", "a/b.png"))).Value!;
        Assert.Equal((MediaState.Ready, "image/png", "b.png"), (upload.State, upload.MimeType, upload.FileName));

        await Cluster.Messages.Send(Any.Send("look", Customer, Number) with { Media = upload.Id });
        Cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        var relay = await Cluster.Engine.NextRelay(Number);

        Assert.Equal(MessageType.Image, relay.Message.Type);
        Assert.Equal([9, 9], await File.ReadAllBytesAsync(relay.Message.File!.Path));
    }

    [Fact]
    public async Task A_file_may_have_as_many_bytes_as_the_settings_say_and_no_more()
    {
        await using var cluster = await LoopwaveCluster.Start(services => services.Configure<MediaOptions>(options => options.MaxFileBytes = 3));
        var number = await cluster.ReadyNumber();
        await cluster.Engine.Raise(number, new EngineEvent.MessageReceived(Any.Inbound("see", cluster.Clock.GetUtcNow()) with { File = RemotePicture }));
        var media = Assert.Single(await cluster.MessagesOf(Any.Customer)).Media!.Id;

        cluster.Engine.Download = _ => [1, 2, 3, 4];
        Assert.Equal(RefusalCode.MediaUnavailable, (await cluster.Media.Open(media, Access.All)).Refusal!.Code);
        Assert.Equal("too_large", Assert.Single(await cluster.MessagesOf(Any.Customer)).Media!.Reason!.Code);
        cluster.Engine.Download = _ => [1, 2, 3];
        Assert.Equal(MediaState.Ready, (await cluster.Media.Open(media, Access.All)).Value!.Media.State);
    }

    [Fact]
    public async Task No_room_for_a_file_fails_it_and_nothing_else()
    {
        await using var cluster = await LoopwaveCluster.Start(services => services.Replace(ServiceDescriptor.Singleton<IMediaFiles, NoRoom>()));
        var number = await cluster.ReadyNumber();
        await cluster.Engine.Raise(number, new EngineEvent.MessageReceived(Any.Inbound("see", cluster.Clock.GetUtcNow()) with { File = RemotePicture }));
        var message = Assert.Single(await cluster.MessagesOf(Any.Customer));

        Assert.Equal(RefusalCode.DiskFull, (await cluster.Media.Open(message.Media!.Id, Access.All)).Refusal!.Code);

        Assert.Equal("disk_full", Assert.Single(await cluster.MessagesOf(Any.Customer)).Media!.Reason!.Code);
        await cluster.Messages.Send(Any.Send("still here"));
        await cluster.Engine.NextRelay(number);
    }

    private static RemoteFile RemotePicture => new([1, 2, 3], "image/jpeg", null, 3, null);

    private async Task<MediaView> ReceiveFile()
    {
        Cluster.Engine.Download = _ => [1, 2, 3];
        Cluster.Engine.Downloading = Task.CompletedTask;
        while (Cluster.Engine.Downloads.Reader.TryRead(out _))
        {
        }

        await Receive(From(Customer, "see") with { Type = MessageType.Image, File = RemotePicture });
        return (await OnlyMessage()).Media!;
    }

    private int Downloads() => Cluster.Engine.Downloads.Reader.Count;

    private static IMediaFiles Files(LoopwaveCluster cluster) => cluster.Services.GetRequiredService<IMediaFiles>();

    private async Task<byte[]> Bytes(string hash)
    {
        await using var stream = await Files(Cluster).Read(hash, CancellationToken.None);
        using var bytes = new MemoryStream();
        await stream!.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private sealed class NoRoom : IMediaFiles
    {
        public Task<MediaWrite> Write(Stream content, long maxBytes, CancellationToken cancellationToken) => Task.FromResult<MediaWrite>(new MediaWrite.DiskFull());

        public Task<MediaWrite> Adopt(string path, CancellationToken cancellationToken) => Task.FromResult<MediaWrite>(new MediaWrite.DiskFull());

        public Task<Stream?> Read(string hash, CancellationToken cancellationToken) => Task.FromResult<Stream?>(null);

        public Task<bool> Holds(string hash, CancellationToken cancellationToken) => Task.FromResult(false);

        public Task<LentFile?> Lend(string hash, CancellationToken cancellationToken) => Task.FromResult<LentFile?>(null);

        public string NewTransferPath() => Path.GetTempFileName();

        public Task Delete(string hash, Func<Task<bool>> mayGo) => Task.CompletedTask;

        public Task<int> Sweep(
            DateTimeOffset before, Func<IReadOnlyCollection<string>, Task<IReadOnlySet<string>>> needed, CancellationToken cancellationToken) =>
            Task.FromResult(0);
    }
}
