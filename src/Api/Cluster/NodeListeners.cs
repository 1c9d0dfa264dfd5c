using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Api.Cluster;

/// <summary>
/// The port of a node that comes and goes beside others. It is opened once the node can answer, or after a while, and closed when nobody stands at
/// the door: new connections are refused then, which leads whoever has several nodes to another one at once, while one that is cut off leaves its caller
/// without knowing what became of the request.
/// </summary>
internal sealed class NodeListeners(Func<bool> canAnswer, TimeProvider clock, ILoggerFactory loggers) : IConnectionListenerFactory
{
    // A node that finds no silo for so long says so itself.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private readonly long _began = clock.GetTimestamp();

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        await CanAnswer(cancellationToken);
        Socket? socket = null;
        var options = new SocketTransportOptions { CreateBoundListenSocket = at => socket = SocketTransportOptions.CreateDefaultBoundListenSocket(at) };
        var listener = await new SocketTransportFactory(Options.Create(options), loggers).BindAsync(endpoint, cancellationToken);
        return new Listener(listener, socket!, clock);
    }

    // For all ports together. Whoever is asked to stop meanwhile first opens them, and then stops in order.
    private async Task CanAnswer(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookAgain, clock);
        while (!canAnswer() && clock.GetElapsedTime(_began) < LongestWait && !cancellationToken.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private sealed class Listener(IConnectionListener inner, Socket socket, TimeProvider clock) : IConnectionListener
    {
        // For who is about to connect, and then, once connected, to ask.
        private static readonly TimeSpan ConnectsWithin = TimeSpan.FromSeconds(0.2);
        private static readonly TimeSpan AsksWithin = TimeSpan.FromSeconds(0.5);
        private static readonly TimeSpan EmptyWithin = TimeSpan.FromSeconds(0.5);

        public EndPoint EndPoint => inner.EndPoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => inner.AcceptAsync(cancellationToken);

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            Door.Close(socket);
            await Wait(ConnectsWithin, cancellationToken);
            for (var began = clock.GetTimestamp(); IsSomebodyWaiting() && clock.GetElapsedTime(began) < EmptyWithin;)
            {
                await Task.Yield();
            }

            await inner.UnbindAsync(cancellationToken);
            await Wait(AsksWithin, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private async Task Wait(TimeSpan time, CancellationToken cancellationToken) =>
            await Task.Delay(time, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        private bool IsSomebodyWaiting() => socket.Poll(TimeSpan.Zero, SelectMode.SelectRead);
    }
}
