using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Microsoft.Extensions.Hosting;

namespace Loopwave.Api.Cluster;

/// <summary>
/// Knows ways into the cluster that lead somewhere. Requests would go on by way of a silo that stands still until the others have declared it
/// dead, and by way of one that has no database until it ends itself: each way is asked once a second, and one that does not answer in time, or
/// says that it leads nowhere, is replaced by another one, which leads over whichever silo is next.
/// </summary>
internal sealed class Ways(IGrainFactory grains, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Type, WaysTo> _all = new()
    {
        [typeof(IMessagesGrain)] = new(key => grains.GetGrain<IMessagesGrain>(key), clock),
        [typeof(IChatsGrain)] = new(key => grains.GetGrain<IChatsGrain>(key), clock),
        [typeof(INumbersGrain)] = new(key => grains.GetGrain<INumbersGrain>(key), clock),
        [typeof(ISandboxNumbersGrain)] = new(key => grains.GetGrain<ISandboxNumbersGrain>(key), clock),
        [typeof(IHealthGrain)] = new(key => grains.GetGrain<IHealthGrain>(key), clock),
        [typeof(IMediaGrain)] = new(key => grains.GetGrain<IMediaGrain>(key), clock),
    };

    /// <summary>The ways to grains of this kind.</summary>
    public WaysTo To<T>()
        where T : IWay => _all[typeof(T)];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            do
            {
                foreach (var ways in _all.Values)
                {
                    ways.Look();
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }
}
