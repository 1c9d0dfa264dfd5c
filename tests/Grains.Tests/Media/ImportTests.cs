using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Outbound;
using Loopwave.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Media;

/// <summary>Files that a caller names by their address.</summary>
public sealed class ImportTests(ImportTests.Fixture fixture) : IClassFixture<ImportTests.Fixture>
{
    private readonly LoopwaveCluster _cluster = fixture.Cluster;

    public sealed class Fixture : IAsyncLifetime
    {
        public LoopwaveCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await LoopwaveCluster.Start(services =>
        {
            services.Configure<OutboundOptions>(options => options.Allow = ["127.0.0.0/8"]);
            services.Configure<MediaOptions>(options => options.MaxFileBytes = 1000);
        });

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_file_is_fetched_and_kept_with_its_type_and_name()
    {
        await using var server = await FakeWebServer.Start(async context =>
        {
            context.Response.ContentType = "Image/PNG; charset=x";
            await context.Response.BodyWriter.WriteAsync(new byte[] { 1, 2, 3 });
        });

        var file = (await _cluster.Media.Import(server.Address + "/pics/cat%20one.png?size=1", null)).Value!;

        Assert.Equal(("image/png", "cat one.png", 3L, MediaState.Ready), (file.MimeType, file.FileName, file.Size, file.State));
        var open = (await _cluster.Media.Open(file.Id, Access.All)).Value!;
        await using var bytes = await _cluster.Services.GetRequiredService<IMediaFiles>().Read(open.Hash, CancellationToken.None);
        Assert.Equal(3, bytes!.Length);
    }

    [Fact]
    public async Task A_send_with_an_address_fetches_it_once_however_often_it_is_repeated()
    {
        await using var server = await FakeWebServer.Start(context => context.Response.WriteAsync("x"));
        var number = await _cluster.ReadyNumber("919800000017");
        var send = Any.Send("", from: number) with
        {
            MediaUrl = server.Address + "/menu.pdf", Idempotency = new IdempotencyKey("test", "menu", "hash"),
        };

        var first = (await _cluster.Messages.FetchAndSend(send)).Value!;
        var again = (await _cluster.Messages.FetchAndSend(send)).Value!;

        Assert.Equal((first.Message.Id, true), (again.Message.Id, again.Replayed));
        Assert.Equal(1, server.Requests);
        Assert.Equal("menu.pdf", (await _cluster.Messages.Get(first.Message.Id, Access.All)).Value!.Message.Media!.FileName);
    }

    [Theory]
    [InlineData("two things at once", RefusalCode.InvalidInput)]
    [InlineData("nobody to send to", RefusalCode.InvalidInput)]
    [InlineData("no such chat", RefusalCode.NotFound)]
    [InlineData("no such number", RefusalCode.UnknownNumber)]
    [InlineData("a key without the number", RefusalCode.NumberNotAllowed)]
    [InlineData("an answer to nothing", RefusalCode.InvalidInput)]
    [InlineData("a number that is not ready", RefusalCode.NoReadySession)]
    public async Task A_send_that_would_be_refused_fetches_nothing(string why, RefusalCode code)
    {
        await using var server = await FakeWebServer.Start(context => context.Response.WriteAsync("x"));
        var number = await _cluster.ReadyNumber("919800000018");
        await _cluster.Engine.Raise(number, new EngineEvent.Closed(403));
        var send = Any.Send("x", from: number) with { MediaUrl = server.Address + "/a.pdf", QueueWhenOffline = true };

        var refused = (await _cluster.Messages.FetchAndSend(why switch
        {
            "two things at once" => send with { Location = new Location(0, 0, null) },
            "nobody to send to" => send with { To = "?" },
            "no such chat" => send with { To = "c_000000000000" },
            "no such number" => send with { From = "n000000000x" },
            "a key without the number" => send with { Access = new Access(Numbers: ["n000000000x"]) },
            "an answer to nothing" => send with { ReplyTo = "m_000000000000" },
            "a number that is not ready" => send with { QueueWhenOffline = false },
            _ => throw new ArgumentException(why),
        })).Refusal!;

        Assert.Equal(code, refused.Code);
        Assert.Equal(0, server.Requests);
        await _cluster.Number(number).Unlink();
    }

    [Fact]
    public async Task Files_that_come_slowly_hold_up_no_other_message()
    {
        var goOn = new TaskCompletionSource();
        await using var server = await FakeWebServer.Start(async context =>
        {
            await goOn.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("x");
        });
        var number = await _cluster.ReadyNumber("919800000019");
        var slow = Enumerable.Range(0, 2 * Environment.ProcessorCount)
            .Select(n => _cluster.Messages.FetchAndSend(Any.Send("", from: number) with { MediaUrl = $"{server.Address}/{n}" })).ToList();
        await _cluster.Eventually(() => Task.FromResult(server.Requests), requests => requests == slow.Count);

        Assert.NotNull((await _cluster.Messages.Send(Any.Send("at once", from: number))).Value);

        goOn.SetResult();
        Assert.All(await Task.WhenAll(slow), sent => Assert.NotNull(sent.Value));
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("a\r\nb.txt", "ab.txt")]
    [InlineData("C:\\temp\\x.doc", "x.doc")]
    public async Task A_name_has_no_path_and_no_control_characters(string given, string kept)
    {
        await using var server = await FakeWebServer.Start(context => context.Response.WriteAsync("x"));

        Assert.Equal(kept, (await _cluster.Media.Import(server.Address, given)).Value!.FileName);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(404)]
    [InlineData(500)]
    public async Task Any_answer_but_the_file_is_refused_and_no_redirect_is_followed(int status)
    {
        await using var server = await FakeWebServer.Start(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        });

        var refused = (await _cluster.Media.Import(server.Address, null)).Refusal!;

        Assert.Equal(RefusalCode.InvalidInput, refused.Code);
        Assert.Contains($"{status}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, server.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_above_the_limit_is_refused_whether_its_length_is_told_or_not(bool told)
    {
        await using var server = await FakeWebServer.Start(async context =>
        {
            context.Response.ContentLength = told ? 1001 : null;
            await context.Response.BodyWriter.WriteAsync(new byte[1001]);
        });

        Assert.Equal(RefusalCode.PayloadTooLarge, (await _cluster.Media.Import(server.Address, null)).Refusal!.Code);
    }

    [Fact]
    public async Task A_file_at_the_limit_is_taken()
    {
        await using var server = await FakeWebServer.Start(async context => await context.Response.BodyWriter.WriteAsync(new byte[1000]));

        Assert.Equal(1000, (await _cluster.Media.Import(server.Address, null)).Value!.Size);
    }

    [Fact]
    public async Task A_file_that_breaks_off_is_refused()
    {
        await using var server = await FakeWebServer.Start(async context =>
        {
            context.Response.ContentLength = 500;
            await context.Response.BodyWriter.WriteAsync(new byte[10]);
            context.Abort();
        });

        Assert.Equal(RefusalCode.InvalidInput, (await _cluster.Media.Import(server.Address, null)).Refusal!.Code);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_after_a_minute()
    {
        var asked = new TaskCompletionSource();
        await using var server = await FakeWebServer.Start(async context =>
        {
            asked.TrySetResult();
            await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

        var import = _cluster.Media.Import(server.Address, null);
        await asked.Task;
        _cluster.Clock.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(RefusalCode.InvalidInput, (await import).Refusal!.Code);
    }

    [Theory]
    [InlineData("ftp://example.com/a")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1/")]
    [InlineData("data:text/plain,hi")]
    [InlineData("/etc/passwd")]
    [InlineData("//example.com/a")]
    [InlineData("a.png")]
    [InlineData("")]
    [InlineData("http://")]
    [InlineData("http://user:secret@127.0.0.1:8080/")]
    [InlineData("http://127.0.0.1:22/")]
    [InlineData("http://127.0.0.1:1023/")]
    [InlineData("http://127.0.0.1:25/")]
    public async Task What_is_no_plain_web_address_is_refused(string url) =>
        Assert.Equal(RefusalCode.InvalidInput, (await _cluster.Media.Import(url, null)).Refusal!.Code);

    [Fact]
    public async Task Nobody_at_the_address_is_a_refusal() =>
        Assert.Equal(RefusalCode.InvalidInput, (await _cluster.Media.Import("http://127.0.0.1:40404/", null)).Refusal!.Code);
}

/// <summary>With nothing allowed, whatever a caller writes to reach this machine or its network is refused.</summary>
public sealed class ImportFromForbiddenPlacesTests(SharedCluster shared) : IClassFixture<SharedCluster>
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0x7f.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("017700000001")]
    [InlineData("127.0.0.1.")]
    [InlineData("①②⑦.⓪.⓪.①")]
    [InlineData("127。0。0。1")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    [InlineData("localhost.")]
    [InlineData("[::1]")]
    [InlineData("[0:0:0:0:0:0:0:1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("[::127.0.0.1]")]
    [InlineData("[::]")]
    [InlineData("0.0.0.0")]
    [InlineData("0")]
    public async Task This_machine_is_never_reached(string host)
    {
        await using var server = await FakeWebServer.Start(context => context.Response.WriteAsync("secret"));

        await Refused($"http://{host}:{new Uri(server.Address).Port}/");

        Assert.Equal(0, server.Requests);
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("[64:ff9b::7f00:1]")]
    [InlineData("[2002:7f00:1::]")]
    [InlineData("[fc00::1]")]
    [InlineData("[fe80::1]")]
    [InlineData("[fe80::1%25eth0]")]
    public Task Its_network_is_never_dialled(string host) => Refused($"http://{host}/latest/meta-data");

    private async Task Refused(string url)
    {
        var cluster = await shared.Get();
        Assert.Equal(RefusalCode.InvalidInput, (await cluster.Media.Import(url, null)).Refusal!.Code);
    }
}
