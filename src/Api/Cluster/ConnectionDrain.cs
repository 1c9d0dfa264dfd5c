using Loopwave.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Loopwave.Api.Cluster;

/// <summary>
/// A node that is asked to stop goes on answering for a while. It is not ready any more, and each answer ends its connection: so whoever
/// keeps connections open asks another node next, and not on one that is closed at the very moment.
/// </summary>
internal sealed class ConnectionDrain(IOptions<ApiOptions> options, TimeProvider clock) : IHostedLifecycleService
{
    private volatile bool _hasBegun;

    public bool HasBegun => _hasBegun;

    // The port is closed, and what is under way waited for, only after this.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _hasBegun = true;
        await Task.Delay(options.Value.DrainFor, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task EndConnection(HttpContext context, RequestDelegate next)
    {
        if (HasBegun && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }

        return next(context);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
