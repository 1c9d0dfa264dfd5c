using System.Collections.Concurrent;
using System.Security.Cryptography;
using Loopwave.Deployment;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Sandbox;

/// <summary>
/// The simulated servers: who has an account, what was sent, what waits for delivery. All of it is in the record before
/// anybody hears of it, so the end of our process loses nothing, as with real servers. Safe to call from anywhere; one
/// number's mail is numbered and stored under that number's lock, so the record holds it in the order of its numbers.
/// </summary>
internal sealed partial class SandboxNetwork(
    ISandboxRecord record,
    SandboxAgenda agenda,
    IOptions<SandboxOptions> options,
    TimeProvider clock,
    ILogger<SandboxNetwork> logger) : IDisposable
{
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, SandboxSubscriber> _subscribers = new();
    private readonly SemaphoreSlim _beginning = new(1, 1);
    private volatile bool _begun;
    private SandboxOrders _orders;
    private long _order;

    public SandboxOptions Options => options.Value;

    public ISandboxRecord Record => record;

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>The next place in the one order of everything recorded. Only after <see cref="Find"/> returned once.</summary>
    public long NextOrder() => Interlocked.Add(ref _order, _orders.Step);

    /// <summary>A number found before; null otherwise.</summary>
    public SandboxSubscriber? Known(string number) => _subscribers.GetValueOrDefault(number);

    public async Task<SandboxSubscriber> Find(string number)
    {
        if (_subscribers.TryGetValue(number, out var known) && known.Loaded)
        {
            return known;
        }

        await Begin();
        var subscriber = _subscribers.GetOrAdd(number, static id => new(id));
        var stored = await record.Load(number);
        RaiseAbove(stored.Highest);
        lock (subscriber)
        {
            if (!subscriber.Loaded)
            {
                subscriber.Account = stored.Account ?? subscriber.Account;
                subscriber.Waiting = stored.Waiting;
                subscriber.Loaded = true;
            }
        }

        return subscriber;
    }

    /// <summary>Logs a device in. Another one that is logged in is replaced, and told so.</summary>
    public async Task<SandboxLogin> Login(SandboxSubscriber subscriber, byte[]? deviceKey, ISandboxDevice device)
    {
        ISandboxDevice? replaced;
        Task<IReadOnlyList<SandboxMail>>? reading;
        SandboxAccount account;
        lock (subscriber)
        {
            account = subscriber.Account;
            if (!device.IsCurrent)
            {
                return new SandboxLogin.Refused(428);
            }

            if (Refusal(account) is { } refused)
            {
                return refused;
            }

            if (account.DeviceKey is not { } key || deviceKey is null || !CryptographicOperations.FixedTimeEquals(key, deviceKey))
            {
                return new SandboxLogin.Refused(401);
            }

            // All mail up to here was given to the record before this read, all after it is handed to this device.
            replaced = subscriber.Device;
            subscriber.Device = device;
            subscriber.Cut = Interlocked.Read(ref _order);
            reading = subscriber.Waiting > 0 || subscriber.IsInDoubt ? record.Waiting(subscriber.Number) : null;
        }

        replaced?.Drop(440, null);
        return new SandboxLogin.Accepted(account, reading is null ? [] : Due(subscriber, device, await reading));
    }

    /// <summary>What an account's faults say to a device that wants to connect.</summary>
    public SandboxLogin.Refused? Refusal(SandboxAccount account) =>
        account.Faults is { RefuseOpens: { } code } faults && (faults.RefuseOpensUntil is not { } until || until > Now)
            ? new(code, faults.RefuseOpensUntil)
            : null;

    /// <summary>The older chats on an account's phone.</summary>
    public SandboxHistory Past(SandboxAccount account) => account.History ?? new(Options.HistoryChats, Options.HistoryMessages);

    /// <summary>The device is gone, or shows no code any more.</summary>
    public void Leave(SandboxSubscriber subscriber, ISandboxDevice device)
    {
        lock (subscriber)
        {
            subscriber.Device = subscriber.Device == device ? null : subscriber.Device;
            subscriber.Link = subscriber.Link?.Device == device ? null : subscriber.Link;
            if (_orders.AreShared)
            {
                // The number may live elsewhere before it comes back, and what is known here be old by then.
                subscriber.Loaded = false;
                subscriber.IsInDoubt = true;
            }
        }
    }

    /// <summary>Waits for a write that nobody else waits for: losing one loses no message.</summary>
    public void Note(Task write, string what)
    {
        if (!write.IsCompletedSuccessfully)
        {
            _ = Watch();
        }

        async Task Watch()
        {
            try
            {
                await write;
            }
            catch (StorageUnavailableException)
            {
                // Storage says so itself, once a minute; here it would be a line for every event.
            }
            catch (Exception e)
            {
                LogNotWritten(e, what);
            }
        }
    }

    public void Schedule(TimeSpan delay, Action action)
    {
        if (delay <= TimeSpan.Zero)
        {
            action();
        }
        else
        {
            agenda.In(delay, action);
        }
    }

    public void Dispose() => _beginning.Dispose();

    private async Task Begin()
    {
        if (_begun)
        {
            return;
        }

        await _beginning.WaitAsync();
        try
        {
            if (!_begun)
            {
                _orders = await record.Begin(Now);
                _order = _orders.After;
                _begun = true;
                Prune();
            }
        }
        finally
        {
            _beginning.Release();
        }
    }

    private void RaiseAbove(long highest)
    {
        for (var order = Interlocked.Read(ref _order); order < highest; order = Interlocked.Read(ref _order))
        {
            var steps = (highest - order + _orders.Step - 1) / _orders.Step;
            Interlocked.CompareExchange(ref _order, order + (steps * _orders.Step), order);
        }
    }

    private void Prune()
    {
        Note(record.Prune(Now - Options.KeepRecord), "prune the record");
        agenda.In(PruneEvery, Prune);
    }

    [LoggerMessage(LogLevel.Warning, "The simulated network could not {What}")]
    private partial void LogNotWritten(Exception exception, string what);
}
