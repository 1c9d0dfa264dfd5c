using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Loopwave.Network;

/// <summary>One connection through a <see cref="FaultProxy"/>: two ways, each with a reader, things under way, and a writer.</summary>
internal sealed class ProxiedConnection(Socket near, TimeProvider clock) : IDisposable
{
    private const int BufferSize = 64 * 1024;

    // As much as a network has under way; then the sender waits.
    private const int MostUnderWay = 64;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly Socket _far = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _cut = new();

    /// <summary>Carries until both ends have closed, or it is cut.</summary>
    public async Task Carry(EndPoint target, Func<NetworkFaults> there, Func<NetworkFaults> back, CancellationToken end)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(end, _cut.Token);
        try
        {
            await _far.ConnectAsync(target, stop.Token);
            near.NoDelay = _far.NoDelay = true;
            await Task.WhenAll(Carry(near, _far, there, stop.Token), Carry(_far, near, back, stop.Token));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Reset();
        }
    }

    /// <summary>Both ends are told at once that the connection is over.</summary>
    public void Reset()
    {
        try
        {
            _cut.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself at this moment.
            return;
        }

        foreach (var socket in new[] { near, _far })
        {
            try
            {
                // A close that waits for nothing is a reset.
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Over already.
            }

            socket.Dispose();
        }
    }

    public void Dispose()
    {
        near.Dispose();
        _far.Dispose();
        _cut.Dispose();
    }

    private async Task Carry(Socket from, Socket to, Func<NetworkFaults> faults, CancellationToken stop)
    {
        var underWay = Channel.CreateBounded<(byte[] Bytes, long Due)>(new BoundedChannelOptions(MostUnderWay) { SingleReader = true, SingleWriter = true });
        await Task.WhenAll(ToItsEnd(Read(from, underWay.Writer, faults, stop)), ToItsEnd(Write(to, underWay.Reader, faults, stop)));
    }

    // Where one part breaks the others would wait for ever: an end that was reset is heard of at the other one.
    private async Task ToItsEnd(Task part)
    {
        try
        {
            await part;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Reset();
        }
    }

    private async Task Read(Socket from, ChannelWriter<(byte[] Bytes, long Due)> underWay, Func<NetworkFaults> faults, CancellationToken stop)
    {
        var buffer = new byte[BufferSize];
        var passed = 0L;
        var last = 0L;
        while (true)
        {
            var length = await from.ReceiveAsync(buffer, stop);
            last = Math.Max(last, Due(faults()));
            if (length == 0)
            {
                await underWay.WriteAsync(([], Math.Max(last, clock.GetTimestamp()) + Ticks(faults().CloseDelay)), stop);
                underWay.Complete();
                return;
            }

            await underWay.WriteAsync((buffer[..length], last), stop);
            passed += length;
            if (faults().LimitBytes is { } limit && passed >= limit)
            {
                Reset();
                return;
            }
        }
    }

    private async Task Write(Socket to, ChannelReader<(byte[] Bytes, long Due)> underWay, Func<NetworkFaults> faults, CancellationToken stop)
    {
        await foreach (var (bytes, due) in underWay.ReadAllAsync(stop))
        {
            await Until(due, stop);
            await WayOut(faults, stop);
            if (bytes.Length == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            for (var at = 0; at < bytes.Length;)
            {
                await WayOut(faults, stop);
                var now = faults();
                var slice = Math.Min(bytes.Length - at, Math.Min(now.SliceBytes ?? int.MaxValue, now.BytesPerSecond is { } rate ? Math.Max(1, rate / 10) : int.MaxValue));
                await to.SendAsync(bytes.AsMemory(at, slice), stop);
                at += slice;
                if (now.BytesPerSecond is { } perSecond)
                {
                    await Task.Delay(TimeSpan.FromSeconds((double)slice / perSecond), clock, stop);
                }
            }
        }
    }

    // Once packets pass again, the ends send again whatever was lost.
    private async Task WayOut(Func<NetworkFaults> faults, CancellationToken stop)
    {
        while (faults().BlackHole)
        {
            await Task.Delay(LookEvery, clock, stop);
        }
    }

    private long Due(NetworkFaults faults) => faults.Latency == default && faults.Jitter == default
        ? 0
        : clock.GetTimestamp() + Ticks(faults.Latency + (faults.Jitter * ((2 * Random.Shared.NextDouble()) - 1)));

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    private async Task Until(long due, CancellationToken stop)
    {
        if (due > 0 && TimeSpan.FromSeconds((double)(due - clock.GetTimestamp()) / clock.TimestampFrequency) is { Ticks: > 0 } early)
        {
            await Task.Delay(early, clock, stop);
        }
    }
}
