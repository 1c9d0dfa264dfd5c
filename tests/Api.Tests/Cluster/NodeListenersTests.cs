using System.Net;
using System.Net.Sockets;
using Loopwave.Api.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Api.Tests.Cluster;

public sealed class NodeListenersTests
{
    private const int Callers = 48;
    private const int Rounds = 8;

    [Fact]
    public async Task A_node_that_closes_its_port_under_load_answers_everybody_whose_connection_it_took()
    {
        for (var round = 0; round < Rounds; round++)
        {
            await using var node = await Node();
            var port = new Uri(node.Urls.First()).Port;
            var (answered, reached) = (0, new TaskCompletionSource());
            var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
            {
                while (await Ask(port))
                {
                    if (Interlocked.Increment(ref answered) == 2 * Callers)
                    {
                        reached.SetResult();
                    }
                }
            })).ToList();

            await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            await node.StopAsync(TestContext.Current.CancellationToken);
            await Task.WhenAll(callers);
        }
    }

    [Fact]
    public async Task The_port_is_opened_as_soon_as_the_node_can_answer()
    {
        var canAnswer = false;

        var opened = await OpenedAfter(() => canAnswer, waited => canAnswer = waited >= TimeSpan.FromSeconds(2));

        Assert.InRange(opened, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public async Task A_node_that_finds_no_silo_opens_its_port_after_five_seconds_to_say_so()
    {
        var opened = await OpenedAfter(() => false, _ => { });

        Assert.InRange(opened, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));
    }

    private static async Task<TimeSpan> OpenedAfter(Func<bool> canAnswer, Action<TimeSpan> waits)
    {
        var (clock, looked) = (new FakeTimeProvider(), new SemaphoreSlim(0));
        var began = clock.GetTimestamp();
        var binding = new NodeListeners(Look, clock, NullLoggerFactory.Instance).BindAsync(new IPEndPoint(IPAddress.Loopback, 0)).AsTask();
        while (await Task.WhenAny(binding, looked.WaitAsync(TestContext.Current.CancellationToken)) != binding)
        {
            waits(clock.GetElapsedTime(began));
            clock.Advance(TimeSpan.FromMilliseconds(20));
        }

        await using var listener = await binding;
        Assert.NotEqual(0, ((IPEndPoint)listener.EndPoint).Port);
        return clock.GetElapsedTime(began);

        bool Look()
        {
            var can = canAnswer();
            looked.Release();
            return can;
        }
    }

    private static async Task<WebApplication> Node()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IConnectionListenerFactory>(new NodeListeners(() => true, TimeProvider.System, NullLoggerFactory.Instance));
        var node = builder.Build();
        node.Run(context => context.Response.WriteAsync("done"));
        await node.StartAsync(TestContext.Current.CancellationToken);
        return node;
    }

    // False when the node does not take the connection: one that it took, it has to answer.
    private static async Task<bool> Ask(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        }
        catch (SocketException fault) when (fault.SocketErrorCode is SocketError.ConnectionRefused)
        {
            return false;
        }

        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync("POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 200", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        return true;
    }
}
