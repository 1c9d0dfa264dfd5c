using Loopwave.Engines;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.WhatsApp;

/// <summary>
/// The host processes and which numbers they carry. Starts them when numbers need them, and tells the numbers of one that
/// ended that their connection is lost; as they open again, another host or a new one takes them.
/// </summary>
internal sealed partial class EngineHosts(
    IHostLauncher launcher,
    IEngineEvents events,
    IOptions<WhatsAppEngineOptions> options,
    TimeProvider clock,
    ILogger<EngineHosts> logger,
    ISentMessages sent) : IHostedService
{
    /// <summary>More processes rather than bigger ones: fewer numbers are lost at once, and memory is cleaned up faster.</summary>
    public const int MostNumbers = 200;

    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AbandonWithin = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, EngineLine> _lines = [];
    private readonly List<EngineHost> _hosts = [];
    private readonly LostConnections _lost = new(events, clock, logger);
    private EngineException? _fault;
    private int _shortLives;
    private long _pausedAt;
    private TimeSpan _pause;
    private int _fences;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        EngineHost[] hosts;
        lock (_lock)
        {
            _stop.Cancel();
            hosts = [.. _hosts];
        }

        await Task.WhenAll(hosts.Select(host => host.Stop()));
    }

    public async Task Open(EngineOpen request, CancellationToken cancellationToken)
    {
        EngineLine line;
        EngineHost host;
        int opens, fences;
        bool isNew;
        lock (_lock)
        {
            line = Line(request.Number, request.Epoch);
            line.Epoch = request.Epoch;
            isNew = line.Host is null;
            host = line.Host ?? Choose();
            host.Lines.Add(line);
            line.Host = host;
            opens = ++line.Opens;
            fences = _fences;
        }

        var isOpen = false;
        try
        {
            await host.Ready.WaitAsync(cancellationToken);
            NoneClosedSince(fences);
            Expect(line, opens, host);
            await host.Open(request, cancellationToken);
            isOpen = true;

            // The host may have been told to close all of them just before it was told to open this one.
            NoneClosedSince(fences);
        }
        catch (Exception exception)
        {
            // Whoever asked knows by this exception; nothing more is owed. The host may have opened it all the same, and then still carries it.
            opens = ExpectNothing(line, opens);
            if (isOpen || (exception is OperationCanceledException && host.Ready.IsCompletedSuccessfully))
            {
                _ = Abandon(host, line, request.Epoch, opens);
            }
            else if (isNew)
            {
                Release(line, opens, host);
            }

            throw;
        }
    }

    public async Task Close(string number, long epoch, CancellationToken cancellationToken)
    {
        EngineLine line;
        EngineHost? host;
        int opens;
        lock (_lock)
        {
            line = Line(number, epoch);
            host = line.Epoch == epoch ? line.Host : null;
            if (host is null)
            {
                return;
            }

            opens = ++line.Opens;
            line.IsOpen = false;
        }

        if (host.Ready.IsCompletedSuccessfully)
        {
            await host.Call("close", new NumberCommand(number, epoch), cancellationToken);
        }

        Release(line, opens, host);
    }

    public async Task CloseAll()
    {
        EngineHost[] hosts;
        lock (_lock)
        {
            _fences++;
            hosts = [.. _hosts.Where(host => host.Ready.IsCompletedSuccessfully)];
        }

        await Task.WhenAll(hosts.Select(host => host.CloseAll()));
    }

    public void OfferAgain()
    {
        _lost.OfferAgain();
        lock (_lock)
        {
            foreach (var host in _hosts.Where(host => host.Ready.IsCompletedSuccessfully))
            {
                host.OfferAgain();
            }
        }
    }

    public async Task LogOut(string number, long epoch, CancellationToken cancellationToken)
    {
        var (host, line, opens) = Find(number, epoch);
        await host.Call("logOut", new NumberCommand(number, epoch), cancellationToken);
        Release(line, opens, host);
    }

    /// <summary>What a host that is gone reported, or what was said in its place, it need not forget.</summary>
    public async Task Acknowledge(string number, EngineCursor cursor, CancellationToken cancellationToken)
    {
        EngineHost? host;
        lock (_lock)
        {
            host = _hosts.Find(host => host.Id == cursor.Host);
        }

        try
        {
            await (host?.Call("acknowledge", new AcknowledgeCommand(number, cursor.Epoch, cursor), cancellationToken) ?? Task.CompletedTask);
        }
        catch (EngineException) when (host!.Ended.IsCompleted)
        {
        }
    }

    /// <summary>Gives a command to the host that has the number open.</summary>
    public Task<T> Call<T>(string number, long epoch, string method, object parameters, CancellationToken cancellationToken) =>
        Find(number, epoch).Host.Call<T>(method, parameters, cancellationToken);

    private (EngineHost Host, EngineLine Line, int Opens) Find(string number, long epoch)
    {
        lock (_lock)
        {
            var line = Line(number, epoch);
            return line is { IsOpen: true, Host: { } host } && line.Epoch == epoch
                ? (host, line, line.Opens)
                : throw new EngineException(EngineError.NotConnected, "The number is not connected.");
        }
    }

    private EngineLine Line(string number, long epoch)
    {
        var line = Line(number);
        return epoch < line.Epoch ? throw new EngineException(EngineError.StaleEpoch, "A higher epoch of the number was seen.") : line;
    }

    private EngineLine Line(string number)
    {
        if (!_lines.TryGetValue(number, out var line))
        {
            _lines[number] = line = new EngineLine(number);
        }

        return line;
    }

    /// <summary>The host for one more number: the emptiest, or a new one while there are to be more.</summary>
    private EngineHost Choose()
    {
        var emptiest = _hosts.MinBy(host => host.Lines.Count);
        var full = emptiest is null || emptiest.Lines.Count >= MostNumbers;
        var more = options.Value.Hosts is { } wanted ? _hosts.Count < wanted : full;
        if (more && (full || !IsPaused))
        {
            return Start();
        }

        return full
            ? throw new EngineException(
                EngineError.Unavailable, $"Every engine host carries {MostNumbers} numbers. Raise ENGINE_HOSTS.", "engine_full")
            : emptiest!;
    }

    private bool IsPaused => clock.GetElapsedTime(_pausedAt) < _pause;

    private EngineHost Start()
    {
        if (_stop.IsCancellationRequested)
        {
            throw new EngineException(EngineError.Unavailable, "Loopwave is stopping.");
        }

        if (IsPaused)
        {
            throw new EngineException(
                EngineError.Unavailable, _fault?.Message ?? "The engine of WhatsApp numbers ended several times in a row; it is started again soon.",
                _fault?.Code ?? "engine_failed");
        }

        var host = new EngineHost(launcher, HostSettings.Of(options.Value), this, clock, logger);
        _hosts.Add(host);
        _ = Run(host);
        return host;
    }

    private async Task Run(EngineHost host)
    {
        var started = clock.GetTimestamp();
        await Task.Run(host.Run);
        List<(EngineLine Line, int Opens)> lost;
        lock (_lock)
        {
            _hosts.Remove(host);
            lost = [.. host.Lines.Where(line => line.IsOpen).Select(line => (line, line.Opens))];
            foreach (var line in host.Lines)
            {
                line.Host = null;
                line.IsOpen = false;
            }

            _shortLives = clock.GetElapsedTime(started) < ShortLife ? _shortLives + 1 : 0;
            _pause = _shortLives <= 1 ? TimeSpan.Zero : Shorter(TimeSpan.FromSeconds(1 << Math.Min(_shortLives - 2, 5)), LongestPause);
            _pausedAt = clock.GetTimestamp();
            _fault = host.Ready.Exception?.InnerException as EngineException;
        }

        if (!_stop.IsCancellationRequested)
        {
            // One that never said who it is was logged already, with what it failed for.
            LogEnded(logger, host.Id.Length > 0 ? LogLevel.Warning : LogLevel.Debug, host.Id, lost.Count, _pause.TotalSeconds);
            foreach (var (line, opens) in lost)
            {
                _ = _lost.Report(host.Id, line, opens, _stop.Token);
            }
        }
    }

    private void NoneClosedSince(int fences)
    {
        if (fences != Volatile.Read(ref _fences))
        {
            throw new EngineException(EngineError.Unavailable, "All connections were closed meanwhile.");
        }
    }

    // Before the host is told: its first event can come before its answer.
    private void Expect(EngineLine line, int opens, EngineHost host)
    {
        lock (_lock)
        {
            line.IsOpen = line.Opens == opens && line.Host == host
                ? true
                : throw new EngineException(EngineError.Unavailable, "The number was closed meanwhile.");
        }
    }

    private int ExpectNothing(EngineLine line, int opens)
    {
        lock (_lock)
        {
            if (line.Opens != opens)
            {
                return opens;
            }

            line.IsOpen = false;
            return ++line.Opens;
        }
    }

    // Nothing of it can come from there any more: whatever opens it next may be another host.
    private void Release(EngineLine line, int opens, EngineHost host)
    {
        lock (_lock)
        {
            if (line.Opens == opens && line.Host == host)
            {
                line.IsOpen = false;
                line.Host = null;
                host.Lines.Remove(line);
            }
        }
    }

    private async Task Abandon(EngineHost host, EngineLine line, long epoch, int opens)
    {
        using var timeout = new CancellationTokenSource(AbandonWithin, clock);
        try
        {
            await host.Call("close", new NumberCommand(line.Number, epoch), timeout.Token);
            Release(line, opens, host);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            LogNotAbandoned(logger, exception, line.Number);
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    [LoggerMessage("Engine host {Host} ended; {Count} numbers lost their connection. A new one may start in {Pause} s")]
    private static partial void LogEnded(ILogger logger, LogLevel level, string host, int count, double pause);

    [LoggerMessage(LogLevel.Warning, "{Number} was not opened in time, and could not be closed")]
    private static partial void LogNotAbandoned(ILogger logger, Exception exception, string number);
}
