using System.Collections.Concurrent;
using Loopwave.Deployment;
using Loopwave.Engines;
using Microsoft.Extensions.Logging;

namespace Loopwave.Sandbox;

/// <summary>
/// Our side of the simulated network: the connections of this process and the epochs they stand under. Nothing here
/// outlives the process.
/// </summary>
internal sealed class SandboxClient(
    SandboxNetwork network, SandboxLinking linking, SandboxPump pump, ILogger<SandboxClient> logger)
{
    private readonly ConcurrentDictionary<string, SandboxLine> _lines = new();

    public SandboxNetwork Network => network;
    public SandboxLinking Linking => linking;
    public SandboxPump Pump => pump;
    public ILogger Logger => logger;

    /// <summary>Names this start of the process in cursors and in the record.</summary>
    public string Host { get; } = NewId.Event(network.Now)["evt_".Length..];

    public async Task Open(EngineOpen request)
    {
        var subscriber = await Guarded(network.Find(request.Number));
        var line = _lines.GetOrAdd(request.Number, static id => new(id));
        SandboxConnection connection;
        Task<SandboxOpening> opening;
        SandboxConnection? ended;
        lock (line)
        {
            Fence(line, request.Epoch);
            if (line.Connection is not null && line.Epoch == request.Epoch)
            {
                return;
            }

            ended = line.Connection;
            ended?.End("superseded");
            line.Stream = line.Stream?.Epoch == request.Epoch ? line.Stream : new(line.Number, Host, request.Epoch);
            line.Epoch = request.Epoch;
            connection = new(this, line, subscriber, request, network.NextOrder());
            opening = connection.Begin();
        }

        ended?.Leave();
        network.Schedule(network.Options.ConnectDelay, () => _ = connection.Start(opening));
    }

    public void Close(string number, long epoch, string how)
    {
        if (!_lines.TryGetValue(number, out var line))
        {
            return;
        }

        SandboxConnection? ended;
        lock (line)
        {
            Fence(line, epoch);
            if (line.Epoch != epoch)
            {
                return;
            }

            ended = line.Connection;
            ended?.End(how);
            line.Stream?.Clear();
        }

        ended?.Leave();
    }

    /// <summary>Every connection of this process ends with this code.</summary>
    public void DropAll(int code)
    {
        foreach (var line in _lines.Values)
        {
            line.Connection?.Drop(code, null);
        }
    }

    /// <summary>What nobody took is offered again soon.</summary>
    public void OfferAgain()
    {
        foreach (var line in _lines.Values)
        {
            pump.Hurry(line);
        }
    }

    /// <summary>The connection that a command is for.</summary>
    public SandboxConnection Require(string number, long epoch)
    {
        if (_lines.TryGetValue(number, out var line))
        {
            lock (line)
            {
                Fence(line, epoch);
                if (line.Epoch == epoch && line.Connection is { Ready: true } connection)
                {
                    return connection;
                }
            }
        }

        throw new EngineException(EngineError.NotConnected, "The number is not connected.");
    }

    public void Acknowledge(string number, EngineCursor cursor)
    {
        if (!_lines.TryGetValue(number, out var line))
        {
            return;
        }

        IReadOnlyList<long> orders;
        lock (line)
        {
            orders = line.Stream?.Acknowledge(cursor) ?? [];
        }

        if (orders.Count > 0 && network.Known(number) is { } subscriber)
        {
            network.Forget(subscriber, orders);
        }

        pump.Wake(line);
    }

    /// <summary>Says in the engine's words that the record cannot be had.</summary>
    public static async Task<T> Guarded<T>(Task<T> task)
    {
        try
        {
            return await task;
        }
        catch (StorageUnavailableException e)
        {
            throw new EngineException(EngineError.Unavailable, e.Message);
        }
    }

    public static Task Guarded(Task task)
    {
        return Guarded(Done());

        async Task<bool> Done()
        {
            await task;
            return true;
        }
    }

    private static void Fence(SandboxLine line, long epoch)
    {
        if (epoch < line.Epoch)
        {
            throw new EngineException(EngineError.StaleEpoch, "A later owner has the number.");
        }
    }
}
