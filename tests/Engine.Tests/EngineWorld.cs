using System.Threading.Channels;
using Loopwave.Engines;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Loopwave.WhatsApp;

/// <summary>The silo's side of the engine with fake hosts, a clock in the test's hands, and a taker of events.</summary>
internal sealed class EngineWorld : IAsyncDisposable, IHostLauncher, IEngineEvents, ISentMessages
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Channel<FakeHost> _started = Channel.CreateUnbounded<FakeHost>();
    private readonly Channel<EngineBatch> _taken = Channel.CreateUnbounded<EngineBatch>();
    private int _launches;

    public EngineWorld(int? hosts = null, IHostLauncher? launcher = null, WhatsAppEngineOptions? options = null)
    {
        options ??= new WhatsAppEngineOptions();
        options.Hosts = hosts;
        Log = new LogCollector();
        Hosts = new EngineHosts(launcher ?? this, this, Options.Create(options), Clock, new Logger<EngineHosts>(Log), this);
        Engine = new WhatsAppEngine(Hosts);
    }

    public Channel<EnginePresence> Presences { get; } = Channel.CreateUnbounded<EnginePresence>();

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 1, 0, 0, TimeSpan.Zero));

    public LogCollector Log { get; }

    public EngineHosts Hosts { get; }

    public WhatsAppEngine Engine { get; }

    /// <summary>What hosts say at their start; a wrong one is refused.</summary>
    public Func<string, string> Token { get; set; } = token => token;

    public int Version { get; set; } = EngineProtocol.Version;

    /// <summary>Runs before a host is started; may throw.</summary>
    public Action Launching { get; set; } = () => { };

    /// <summary>Runs before a batch is taken; may throw, or wait.</summary>
    public Func<EngineBatch, Task> Taking { get; set; } = _ => Task.CompletedTask;

    public Dictionary<string, byte[]> Sent { get; } = [];

    /// <summary>The epochs under which numbers are owned; below, all are over.</summary>
    public Dictionary<string, long> Epochs { get; } = [];

    /// <summary>How many hosts were started so far.</summary>
    public int Launches => Volatile.Read(ref _launches);

    public Task<FakeHost> NextHost() => _started.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public Task<EngineBatch> NextBatch() => _taken.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public bool HasBatch => _taken.Reader.Count > 0;

    public static EngineOpen Opening(string number, long epoch = 1) => new(number, epoch, [new CredentialEntry("creds", [1, 2])], null);

    public async Task Open(string number, long epoch = 1)
    {
        using var deadline = new CancellationTokenSource(Patience);
        await Engine.Open(Opening(number, epoch), deadline.Token);
    }

    /// <summary>Opens a first number, and returns the host that was started for it.</summary>
    public async Task<FakeHost> OpenFirst(string number = "n1", long epoch = 1)
    {
        await Open(number, epoch);
        var host = await NextHost();
        await host.Next("open");
        return host;
    }

    /// <summary>Lets time go on in steps until this has come.</summary>
    public async Task<T> Until<T>(Task<T> awaited)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var step = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        while (!awaited.IsCompleted && await step.WaitForNextTickAsync(deadline.Token))
        {
            Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        return await awaited;
    }

    public Task<IHostProcess> Launch(string socket, string token, CancellationToken cancellationToken)
    {
        var host = new FakeHost(Interlocked.Increment(ref _launches));
        Launching();
        _ = Start(host, socket, token);
        return Task.FromResult<IHostProcess>(host);
    }

    public async Task Deliver(EngineBatch batch)
    {
        await Taking(batch);
        _taken.Writer.TryWrite(batch);
    }

    public Task<bool> IsOver(string number, long epoch) => Task.FromResult(epoch < Epochs.GetValueOrDefault(number));

    public Task Report(EnginePresence presence)
    {
        Presences.Writer.TryWrite(presence);
        return Task.CompletedTask;
    }

    public Task<byte[]?> Find(string number, string whatsAppId) => Task.FromResult(Sent.GetValueOrDefault($"{number}/{whatsAppId}"));

    public async ValueTask DisposeAsync() => await Hosts.StopAsync(CancellationToken.None).WaitAsync(Patience);

    private async Task Start(FakeHost host, string socket, string token)
    {
        await host.Run(socket, Token(token), Version);
        _started.Writer.TryWrite(host);
    }
}

/// <summary>What was logged, as text.</summary>
internal sealed class LogCollector : ILoggerFactory, ILogger
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    /// <summary>The next line that contains this; those before it are forgotten.</summary>
    public async Task<string> Next(string part)
    {
        using var deadline = new CancellationTokenSource(EngineWorld.Patience);
        await foreach (var line in _lines.Reader.ReadAllAsync(deadline.Token))
        {
            if (line.Contains(part, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException("The log ended.");
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Writer.TryWrite($"{logLevel}: {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
