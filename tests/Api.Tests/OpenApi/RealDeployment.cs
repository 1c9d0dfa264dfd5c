using Loopwave.ApiKeys;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Outbound;
using Loopwave.Sandbox;
using Loopwave.Testing;
using Loopwave.Testing.Api;
using Loopwave.Testing.Sandbox;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Loopwave.Api.Tests.OpenApi;

/// <summary>The API over the real grains and stores, with numbers in every state that a caller can find them in.</summary>
internal sealed class RealDeployment : IAsyncDisposable
{
    /// <summary>What a queue holds here.</summary>
    public const int QueueCapacity = 3;

    private const int MostWaiting = 5;
    private static readonly MessageAuthor Author = new(AuthorType.Api);

    private readonly LoopwaveCluster _cluster;
    private readonly ApiHost _host;
    private readonly FakeWebServer _web;
    private readonly InMemoryMediaFiles _files;
    private readonly Held _held;

    private RealDeployment(LoopwaveCluster cluster, ApiHost host, FakeWebServer web, InMemoryMediaFiles files, Held held, string key, string testKey)
    {
        (_cluster, _host, _web, _files, _held) = (cluster, host, web, files, held);
        (Client, Tests) = (host.ClientWithKey(key), host.ClientWithKey(testKey));
    }

    /// <summary>With a key for everything.</summary>
    public HttpClient Client { get; }

    /// <summary>With a key for sandbox numbers only.</summary>
    public HttpClient Tests { get; }

    /// <summary>A file that can be had.</summary>
    public string File => _web.Address + "/menu.pdf";

    public static async Task<RealDeployment> Start()
    {
        var files = new InMemoryMediaFiles();
        var held = new Held();
        var cluster = await LoopwaveCluster.Start(new ClusterSetup
        {
            Configure = services =>
            {
                services.AddApiKeys();
                services.AddSingleton<ISandboxRecord, MemorySandboxRecord>();
                services.AddSandboxEngine();
                services.Replace(ServiceDescriptor.Singleton<IMediaFiles>(files));
                services.Configure<NumberOptions>(options => options.QueueCapacity = QueueCapacity);
                services.Configure<OutboundOptions>(options => options.Allow = ["127.0.0.0/8"]);
                services.Configure<SandboxOptions>(options =>
                {
                    options.LinkDelay = options.PairingDelay = options.ConnectDelay = TimeSpan.Zero;
                    options.HistoryChats = 0;
                    options.MaxWaiting = MostWaiting;
                });
            },
            Commits = async (changes, commit) =>
            {
                await held.Before(changes);
                return await commit();
            },
        });
        var host = await ApiHost.Start(new() { ["Api:RequestsPerMinute"] = "1000000", ["Api:MaxMediaBytes"] = "1024" }, grains: cluster.Grains);
        var web = await FakeWebServer.Start(context => context.Response.WriteAsync("x"));
        var keys = cluster.Grains.GetGrain<IApiKeysGrain>(0);
        var key = (await keys.Create(new NewApiKey("Everything", null, Test: false, "u_1"))).Value!.Key;
        var testKey = (await keys.Create(new NewApiKey("Tests", null, Test: true, "u_1"))).Value!.Key;
        return new RealDeployment(cluster, host, web, files, held, key, testKey);
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        await _host.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    public Task<string> Ready() => _cluster.ReadyNumber(Any.Phone());

    public async Task<string> NeverLinked() =>
        (await _cluster.Numbers.Create(new NewNumber("New", EngineKind.WhatsApp, Access.All))).Value!.Id;

    public async Task<string> Stopped()
    {
        var number = await Ready();
        await _cluster.Number(number).SetDesired(DesiredState.Stopped);
        return number;
    }

    public async Task<string> Unlinked()
    {
        var number = await Ready();
        await _cluster.Number(number).Unlink();
        return number;
    }

    public async Task<string> ReadySandbox()
    {
        var number = (await _cluster.Numbers.Create(new NewNumber("Demo", EngineKind.Sandbox, Access.All))).Value!.Id;
        await _cluster.Eventually(
            () =>
            {
                _cluster.Clock.Advance(TimeSpan.FromMilliseconds(5));
                return _cluster.View(number);
            },
            view => view.Status is NumberStatus.Ready);
        return number;
    }

    /// <summary>A sandbox number whose phone removed its device.</summary>
    public async Task<string> UnlinkedSandbox()
    {
        var number = await ReadySandbox();
        var sandbox = _cluster.Grains.GetGrain<ISandboxGrain>(number);
        await sandbox.SetAutoLink(false);
        await sandbox.Unlink();
        await _cluster.Eventually(() => _cluster.View(number), view => view.Status is NumberStatus.LoggedOut);
        return number;
    }

    /// <summary>A sandbox number that is stopped, with as much waiting for it as may.</summary>
    public async Task<string> FullSandbox()
    {
        var number = await ReadySandbox();
        await _cluster.Number(number).SetDesired(DesiredState.Stopped);
        var sandbox = _cluster.Grains.GetGrain<ISandboxGrain>(number);
        while ((await sandbox.Inject(new SandboxMessage { From = "4915112345678", Text = "Hi" })).Refusal is null)
        {
        }

        return number;
    }

    /// <summary>A ready number whose queue is full, and a message that it sent before.</summary>
    public async Task<(string Number, string Message)> FullQueue()
    {
        var number = await Ready();
        var message = await Sent(number);
        await Fill(number);
        return (number, message);
    }

    /// <summary>A message that was sent.</summary>
    public async Task<string> Sent(string number)
    {
        var id = await Send(number, "Hi");
        await _cluster.Due(TimeSpan.FromSeconds(2));
        var relay = await _cluster.Engine.NextRelay(number);
        await _cluster.Engine.Raise(number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, _cluster.Clock.GetUtcNow()));
        return id;
    }

    /// <summary>A message that was sent by a number that has lost its connection since.</summary>
    public async Task<string> SentBefore()
    {
        var number = await Ready();
        var id = await Sent(number);
        await Lose(number);
        return id;
    }

    /// <summary>A message that was sent by a number that was unlinked since.</summary>
    public async Task<string> SentBeforeUnlinking()
    {
        var number = await Ready();
        var id = await Sent(number);
        await _cluster.Number(number).Unlink();
        return id;
    }

    /// <summary>A message that was taken back before it was sent.</summary>
    public async Task<string> Cancelled()
    {
        var number = await Ready();
        var answer = await _cluster.Messages.Send(Any.Send("later", from: number) with { SendAt = _cluster.Clock.GetUtcNow().AddHours(1) });
        await _cluster.Messages.Delete(answer.Value!.Message.Id, Author, Access.All);
        return answer.Value.Message.Id;
    }

    /// <summary>Chat and file of a message with a picture that was received and not fetched.</summary>
    public async Task<(string Number, string Chat, string File)> Received()
    {
        var number = await Ready();
        var jid = Any.Jid();
        var picture = Any.Inbound("", _cluster.Clock.GetUtcNow(), jid: jid) with { Type = MessageType.Image, File = new RemoteFile([1], "image/png", "a.png", 3, null) };
        await _cluster.Engine.Raise(number, new EngineEvent.MessageReceived(picture));
        var chat = (await _cluster.Chats.Get(jid, number, Access.All)).Value!.Id;
        return (number, chat, (await _cluster.MessagesOf(chat)).Single().Media!.Id);
    }

    public Task Lose(string number) => _cluster.Engine.Raise(number, new EngineEvent.Closed(403));

    /// <summary>Runs something while no file can be stored anywhere.</summary>
    public async Task<HttpResponseMessage> WithoutRoom(Func<Task<HttpResponseMessage>> act)
    {
        _files.IsFull = _host.Files.IsFull = true;
        _cluster.Engine.Download = _ => throw new EngineException(EngineError.Unavailable, "No room.", EngineException.DiskFull);
        try
        {
            return await act();
        }
        finally
        {
            _files.IsFull = _host.Files.IsFull = false;
        }
    }

    /// <summary>Makes a request twice, the second time while the first one is being stored; the answer to the second.</summary>
    public async Task<HttpResponseMessage> TwiceAtOnce(string heldText, Func<Task<HttpResponseMessage>> request)
    {
        _held.Hold(heldText);
        var first = request();
        await _held.Reached;
        var second = await request();
        _held.Release();
        await first;
        return second;
    }

    private async Task Fill(string number)
    {
        for (var n = 0; n < QueueCapacity; n++)
        {
            await Send(number, $"waits {n}");
        }
    }

    private async Task<string> Send(string number, string text) =>
        (await _cluster.Messages.Send(Any.Send(text, from: number))).Value!.Message.Id;

    /// <summary>Keeps one commit from being made for a while.</summary>
    private sealed class Held
    {
        private readonly TaskCompletionSource _reached = new();
        private readonly TaskCompletionSource _released = new();
        private string? _text;

        public Task Reached => _reached.Task;

        public void Hold(string text) => _text = text;

        public void Release() => _released.TrySetResult();

        public Task Before(NumberChanges changes)
        {
            if (_text is null || !changes.NewMessages.Any(message => message.Text == _text))
            {
                return Task.CompletedTask;
            }

            _reached.TrySetResult();
            return _released.Task;
        }
    }
}
