using System.Collections.Concurrent;
using System.Threading.Channels;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Sandbox;
using Loopwave.Testing.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Loopwave.Grains.Tests.Engines;

/// <summary>
/// A sandbox engine with the clock in the test's hands and nobody behind it but the test. Nothing takes time unless the
/// test's options say so.
/// </summary>
internal sealed class SandboxWorld : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly Action<SandboxOptions>? _set;

    private SandboxWorld(ISandboxRecord record, FakeTimeProvider clock, Action<SandboxOptions>? set, IEngineEvents? events = null)
    {
        (Record, Clock, _set) = (record, clock, set);
        var options = new SandboxOptions
        {
            LinkDelay = TimeSpan.Zero,
            PairingDelay = TimeSpan.Zero,
            ConnectDelay = TimeSpan.Zero,
            AckDelay = TimeSpan.Zero,
            DeliveredDelay = TimeSpan.Zero,
            ReadDelay = TimeSpan.Zero,
            EchoDelay = TimeSpan.Zero,
            AliasDelay = TimeSpan.Zero,
            HistoryChats = 0,
        };
        set?.Invoke(options);
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddSingleton(record)
            .AddSingleton(events ?? Inbox)
            .AddSandboxEngine()
            .AddSingleton(Options.Create(options))
            .BuildServiceProvider();
        Engine = _services.GetRequiredService<IEngine>();
        Inbox.Engine = Engine;
    }

    public ISandboxRecord Record { get; }
    public FakeTimeProvider Clock { get; }
    public SandboxInbox Inbox { get; } = new();
    public IEngine Engine { get; }
    public SandboxControl Control => _services.GetRequiredService<SandboxControl>();
    public SandboxAgenda Agenda => _services.GetRequiredService<SandboxAgenda>();

    /// <param name="events">Who takes the events instead of the inbox.</param>
    public static SandboxWorld Start(
        Action<SandboxOptions>? set = null, ISandboxRecord? record = null, IEngineEvents? events = null) => new(
        record ?? new MemorySandboxRecord(),
        new FakeTimeProvider(new DateTimeOffset(2026, 6, 29, 10, 15, 0, TimeSpan.Zero)),
        set,
        events);

    /// <summary>The process ends without a word, and another one starts over the same record.</summary>
    public async Task<SandboxWorld> Restart()
    {
        await DisposeAsync();
        return new(Record, Clock, _set);
    }

    /// <summary>Links a number; what its device then keeps.</summary>
    public async Task<IReadOnlyList<CredentialEntry>> Link(string number, long epoch = 1, string? phone = null)
    {
        await Open(number, epoch, null, phone);
        await Inbox.Next<EngineEvent.LinkOffered>(number);
        await Inbox.Next<EngineEvent.LinkScanned>(number);
        var credentials = await Inbox.Next<EngineEvent.CredentialsChanged>(number);
        await Inbox.Next<EngineEvent.Linked>(number);
        var closed = await Inbox.Next<EngineEvent.Closed>(number);
        Xunit.Assert.Equal(515, closed.Code);
        return credentials.Changes;
    }

    /// <summary>Links a number and logs it in.</summary>
    public async Task<IReadOnlyList<CredentialEntry>> Connect(string number, long epoch = 1)
    {
        var credentials = await Link(number, epoch);
        await Open(number, epoch, credentials);
        await Inbox.Next<EngineEvent.Opened>(number);
        return credentials;
    }

    public Task Open(string number, long epoch, IReadOnlyList<CredentialEntry>? credentials, string? phone = null) =>
        Engine.Open(new(number, epoch, credentials, credentials is null ? new(phone) : null), CancellationToken.None);

    public async Task<byte[]> Send(
        string number, string to, string id, string text = "Hi", long epoch = 1, OutboundKind kind = OutboundKind.Message)
    {
        var message = Text(to, id, text) with { Kind = kind };
        var bytes = await Engine.Prepare(number, epoch, message, CancellationToken.None);
        await Relay(number, to, id, bytes, epoch);
        return bytes;
    }

    public Task Relay(string number, string to, string id, byte[] bytes, long epoch = 1) =>
        Engine.Relay(number, epoch, id, SandboxScribe.JidOf(to), bytes, CancellationToken.None);

    public static OutboundMessage Text(string to, string id, string text) => new()
    {
        Kind = OutboundKind.Message,
        WhatsAppId = id,
        Jid = SandboxScribe.JidOf(to),
        Type = MessageType.Text,
        Text = text,
    };

    public async ValueTask DisposeAsync()
    {
        Inbox.Engine = null;
        await _services.DisposeAsync();
    }
}

/// <summary>Takes events like a number's grain; a test reads them one by one.</summary>
internal sealed class SandboxInbox : IEngineEvents
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Channel<EngineEvent>> _events = new();

    private readonly Channel<EnginePresence> _presences = Channel.CreateUnbounded<EnginePresence>();

    public ConcurrentQueue<EngineBatch> Batches { get; } = new();

    public IEngine? Engine { get; set; }

    /// <summary>Whatever is taken is acknowledged at once.</summary>
    public bool Acknowledges { get; set; } = true;

    /// <summary>Called before a batch is taken; may throw to refuse it.</summary>
    public Func<EngineBatch, Task>? Before { get; set; }

    public async Task Deliver(EngineBatch batch)
    {
        if (Before is { } before)
        {
            await before(batch);
        }

        if (Acknowledges && Engine is { } engine)
        {
            await engine.Acknowledge(batch.Number, batch.Last, CancellationToken.None);
        }

        Batches.Enqueue(batch);
        foreach (var evt in batch.Events)
        {
            Of(batch.Number).Writer.TryWrite(evt);
        }
    }

    public Task Report(EnginePresence presence)
    {
        _presences.Writer.TryWrite(presence);
        return Task.CompletedTask;
    }

    public Task<bool> IsOver(string number, long epoch) => Task.FromResult(false);

    /// <summary>What was said next that a person does.</summary>
    public async Task<EnginePresence> NextPresence()
    {
        using var timeout = new CancellationTokenSource(Patience);
        return await _presences.Reader.ReadAsync(timeout.Token);
    }

    /// <summary>The next event of a number, which must be of this kind.</summary>
    public async Task<T> Next<T>(string number)
        where T : EngineEvent =>
        Xunit.Assert.IsType<T>(await Next(number));

    public async Task<EngineEvent> Next(string number)
    {
        using var timeout = new CancellationTokenSource(Patience);
        return await Of(number).Reader.ReadAsync(timeout.Token);
    }

    public async Task<IReadOnlyList<EngineEvent>> Next(string number, int count)
    {
        var events = new List<EngineEvent>();
        while (events.Count < count)
        {
            events.Add(await Next(number));
        }

        return events;
    }

    /// <summary>Whether something was delivered that no test has read.</summary>
    public bool IsEmpty(string number) => !Of(number).Reader.TryPeek(out _);

    private Channel<EngineEvent> Of(string number) => _events.GetOrAdd(number, _ => Channel.CreateUnbounded<EngineEvent>());
}
