using System.Security.Cryptography;
using System.Text;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Logging;
using Microsoft.Extensions.Logging;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace Loopwave.WhatsApp;

/// <summary>
/// One host process, from its start to its end: lets it in, tells it that we are alive, and notices when it is not. What
/// it carries is known to <see cref="EngineHosts"/>.
/// </summary>
internal sealed partial class EngineHost(IHostLauncher launcher, HostSettings settings, IHostTaker taker, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FenceTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(7);

    // Encrypting a burst keeps a host from answering for many seconds (measured: 16 s).
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    private readonly string _token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
    private readonly TaskCompletionSource _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _given = new();
    private readonly LoadedChanges _changes = new();
    private HostConnection? _connection;

    /// <summary>The incarnation, which cursors name; empty until the host has said it.</summary>
    public string Id { get; private set; } = "";

    /// <summary>The numbers that it carries. Belongs to <see cref="EngineHosts"/> and its lock.</summary>
    public HashSet<EngineLine> Lines { get; } = [];

    /// <summary>Completes when commands can be given; fails with the <see cref="EngineException"/> that says why they can't.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes when the process is gone, and with it every connection that it had.</summary>
    public Task Ended => _ended.Task;

    public async Task Run()
    {
        IHostProcess? process = null;
        try
        {
            process = await Admit();
            LogStarted(logger, process.Id, Id);
            var watching = Watch(process);
            _ready.SetResult();
            await watching;
        }
        catch (Exception exception)
        {
            var fault = exception as EngineException
                ?? new EngineException(EngineError.Unavailable, "The engine of WhatsApp numbers could not be started.", "engine_failed");
            LogFailed(logger, exception, fault.Code);
            _ready.TrySetException(fault);
            _ready.Task.Exception?.Handle(_ => true);
        }
        finally
        {
            await End(process);
        }
    }

    public Task Call(string method, object parameters, CancellationToken cancellationToken) =>
        Call<object?>(method, parameters, cancellationToken);

    public Task<T> Call<T>(string method, object parameters, CancellationToken cancellationToken) =>
        _connection is { } connection
            ? connection.Call<T>(method, parameters, cancellationToken)
            : throw new EngineException(EngineError.Unavailable, "The engine host is not ready.");

    /// <summary>Opens a number. Of credentials that are more than one frame takes, all but the last part go ahead.</summary>
    public async Task Open(EngineOpen request, CancellationToken cancellationToken)
    {
        var (number, epoch, credentials, link, proxy) = request;
        var parts = credentials is null ? [] : CredentialParts.Of(credentials);
        var ahead = Math.Max(0, parts.Count - 1);
        for (var part = 1; part <= ahead; part++)
        {
            await Call("loadCredentials", new LoadCredentialsCommand(number, epoch, part, parts[part - 1]), cancellationToken);
        }

        var open = new OpenCommand(number, epoch, parts.LastOrDefault(), link, proxy, ahead > 0 ? ahead : null);
        await Call("open", open, cancellationToken);
    }

    /// <summary>Closes every connection; a host that does not do so at once is ended.</summary>
    public async Task CloseAll()
    {
        if (!await Try("closeAll", FenceTimeout))
        {
            Kill();
            await Ended;
        }
    }

    /// <summary>Has it offer again soon what nobody took.</summary>
    public void OfferAgain() => _ = Try("offerAgain", AnswerTimeout);

    /// <summary>Lets it deliver what it holds and end by itself; a host that takes too long is ended.</summary>
    public async Task Stop()
    {
        if (Ready.IsCompletedSuccessfully)
        {
            await Try("shutdown", ShutdownTimeout);
        }

        Kill();
        await Ended;
    }

    public void Kill() => _given.Cancel();

    [JsonRpcMethod("hello")]
    public HelloAnswer OnHello(Hello hello)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hello.Token), Encoding.UTF8.GetBytes(_token)))
        {
            throw Refused("The token is wrong.");
        }

        if (hello.Version != EngineProtocol.Version)
        {
            throw Refused($"The silo speaks version {EngineProtocol.Version}, the host version {hello.Version}.");
        }

        Id = hello.Host;
        LogHello(logger, hello.Engine, hello.Host, hello.Pid);
        _greeted.TrySetResult();
        return new HelloAnswer(settings);
    }

    [JsonRpcMethod("loadChanges")]
    public void OnLoadChanges(ChangesPart part)
    {
        Greeted();
        _changes.Add(part);
    }

    [JsonRpcMethod("deliver")]
    public async Task OnDeliver(HostDelivery delivery)
    {
        Greeted();
        try
        {
            foreach (var unknown in delivery.Events.OfType<EngineEvent.Unknown>().Where(one => one.Why is null))
            {
                LogUnknownEvent(logger, delivery.Number, unknown.Type);
            }

            await taker.Deliver(this, new EngineBatch(delivery.Number, delivery.First, _changes.Join(delivery)));
        }
        catch (EngineException exception) when (exception.Error is EngineError.StaleEpoch)
        {
            LogOver(logger, delivery.Events.Count, delivery.Number, delivery.First.Epoch);
            throw new LocalRpcException(exception.Message) { ErrorCode = EngineProtocol.EngineFault, ErrorData = new FaultDetails("staleEpoch", null) };
        }
        catch (Exception exception)
        {
            // What the exception says can hold what the events say.
            var level = exception is StorageUnavailableException { IsLogged: true } ? LogLevel.Debug : LogLevel.Warning;
            LogNotTaken(logger, level, delivery.Events.Count, delivery.Number, exception.WithoutMessages());
            throw new LocalRpcException("Nobody took the events.") { ErrorCode = (int)JsonRpcErrorCode.InternalError };
        }
    }

    [JsonRpcMethod("sentMessage")]
    public async Task<PreparedMessage> OnSentMessage(SentMessageQuestion question)
    {
        Greeted();
        return new PreparedMessage(await taker.FindSent(question.Number, question.WhatsAppId));
    }

    [JsonRpcMethod("presence")]
    public void OnPresence(EnginePresence presence)
    {
        Greeted();
        taker.Report(this, presence);
    }

    [JsonRpcMethod("log")]
    public void OnLog(HostLogLine line)
    {
        var level = line.Level switch
        {
            "debug" => LogLevel.Debug,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => LogLevel.Information,
        };
        LogHost(logger, level, MaskingFormatter.Masked(line.Message), line.Number, line.Data is { } data ? MaskingFormatter.Masked(data.GetRawText()) : null);
    }

    private async Task<IHostProcess> Admit()
    {
        using var timeout = new CancellationTokenSource(StartTimeout, clock);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _given.Token);
        using var door = new HostDoor();
        var process = await launcher.Launch(door.Path, _token, deadline.Token);
        try
        {
            var entering = Enter(door, deadline.Token);
            if (await Task.WhenAny(entering, process.Exited) == process.Exited)
            {
                await deadline.CancelAsync();
                throw new EngineException(EngineError.Unavailable, "The engine of WhatsApp numbers ended while it was starting.", "engine_failed");
            }

            await entering;
            return process;
        }
        catch
        {
            await End(process, quietly: true);
            throw;
        }
    }

    private async Task Enter(HostDoor door, CancellationToken cancellationToken)
    {
        _connection = new HostConnection(await door.Accept(cancellationToken), this);
        _connection.Listen();

        // Only when the greeting was answered does the host take orders.
        await Task.WhenAny(Task.WhenAll(_greeted.Task, _connection.Answered), _connection.Completion).WaitAsync(cancellationToken);
        if (!_greeted.Task.IsCompletedSuccessfully)
        {
            throw new EngineException(EngineError.Unavailable, "The engine of WhatsApp numbers did not say who it is.", "engine_failed");
        }
    }

    /// <summary>Returns when the host is no longer to be trusted with anything.</summary>
    private async Task Watch(IHostProcess process)
    {
        var given = new TaskCompletionSource();
        await using var _ = _given.Token.Register(given.SetResult);
        var beating = Beat(_given.Token);
        await Task.WhenAny(_connection!.Completion, process.Exited, given.Task, beating);
    }

    /// <summary>Says every two seconds that we are alive, and asks whether the host is; returns when it does not answer.</summary>
    private async Task Beat(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(EngineProtocol.HeartbeatPeriod, clock);
        var asked = clock.GetTimestamp();
        var answer = Task.CompletedTask;
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            _ = _connection!.Tell("heartbeat", Nothing.Value);
            if (answer.IsCompleted)
            {
                asked = clock.GetTimestamp();
                answer = Ask(cancellationToken);
            }
            else if (clock.GetElapsedTime(asked) > AnswerTimeout)
            {
                LogSilent(logger, Id, AnswerTimeout.TotalSeconds);
                return;
            }
        }
    }

    private async Task Ask(CancellationToken cancellationToken)
    {
        try
        {
            var status = await Call<HostStatus>("status", Nothing.Value, cancellationToken);
            LogStatus(logger, Id, status.Open, status.Numbers, status.MemoryBytes, status.LoopDelayMs);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            // An answer all the same, or the end, which others notice.
        }
    }

    private async Task<bool> Try(string method, TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience, clock);
        try
        {
            await Call(method, Nothing.Value, timeout.Token);
            return true;
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            return false;
        }
    }

    // Numbers connect elsewhere next: nothing of this host may be left by then.
    private async Task End(IHostProcess? process, bool quietly = false)
    {
        _connection?.Dispose();
        if (process is not null)
        {
            process.Kill();
            await process.Exited;
            process.Dispose();
        }

        if (!quietly)
        {
            _given.Cancel();
            _ended.TrySetResult();
        }
    }

    private void Greeted()
    {
        if (!_greeted.Task.IsCompletedSuccessfully)
        {
            throw Refused("Say hello first.");
        }
    }

    private static LocalRpcException Refused(string why) => new(why) { ErrorCode = EngineProtocol.HelloRefused };

    [LoggerMessage(LogLevel.Information, "Engine host {Host} started as process {Process}")]
    private static partial void LogStarted(ILogger logger, int process, string host);

    [LoggerMessage(LogLevel.Information, "Engine {Engine} says hello as {Host}, process {Process}")]
    private static partial void LogHello(ILogger logger, string engine, string host, int process);

    [LoggerMessage(LogLevel.Error, "An engine host failed ({Code})")]
    private static partial void LogFailed(ILogger logger, Exception exception, string? code);

    [LoggerMessage(LogLevel.Error, "Engine host {Host} has not answered for {Seconds} s and is ended")]
    private static partial void LogSilent(ILogger logger, string host, double seconds);

    [LoggerMessage(LogLevel.Debug, "Engine host {Host}: {Open} of {Numbers} numbers open, {Memory} bytes, event loop {Delay} ms late")]
    private static partial void LogStatus(ILogger logger, string host, int open, int numbers, long memory, double delay);

    [LoggerMessage(LogLevel.Error, "Number {Number}: the engine reported {Type}, which is not known here")]
    private static partial void LogUnknownEvent(ILogger logger, string number, string type);

    [LoggerMessage("Nobody took {Count} events of {Number}: {Why}")]
    private static partial void LogNotTaken(ILogger logger, LogLevel level, int count, string number, string why);

    [LoggerMessage(LogLevel.Information, "{Count} events of {Number} are let go: its epoch {Epoch} is over")]
    private static partial void LogOver(ILogger logger, int count, string number, long epoch);

    [LoggerMessage("Engine host: {Text} ({Number}) {Details}")]
    private static partial void LogHost(ILogger logger, LogLevel level, string text, string? number, string? details);
}

/// <summary>Who takes what hosts report, and answers what they ask.</summary>
internal interface IHostTaker
{
    Task Deliver(EngineHost host, EngineBatch batch);

    void Report(EngineHost host, EnginePresence presence);

    Task<byte[]?> FindSent(string number, string whatsAppId);
}
