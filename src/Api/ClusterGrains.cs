using Loopwave.Api.Cluster;
using Loopwave.ApiKeys;
using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Loopwave.Team;

namespace Loopwave.Api;

/// <summary>Where each grain is found. What every silo can do is asked of one that answers.</summary>
/// <param name="grains">The silos' own, or a client of theirs.</param>
/// <param name="ways">None where there is only one silo, this process.</param>
internal sealed class ClusterGrains(IGrainFactory grains, Ways? ways = null)
{
    public INumbersGrain Numbers() => Open<INumbersGrain>();

    public ISandboxNumbersGrain Sandbox() => Open<ISandboxNumbersGrain>();

    public IMessagesGrain Messages() => Open<IMessagesGrain>();

    public IChatsGrain Chats() => Open<IChatsGrain>();

    public IMediaGrain Media() => Open<IMediaGrain>();

    public IApiKeyGrain ApiKey(string id) => grains.GetGrain<IApiKeyGrain>(id);

    public IApiKeysGrain ApiKeys() => grains.GetGrain<IApiKeysGrain>(0);

    public ITeamGrain Team() => grains.GetGrain<ITeamGrain>(0);

    public IHealthGrain Health() => Open<IHealthGrain>();

    public IClusterGrain Cluster() => grains.GetGrain<IClusterGrain>(0);

    private T Open<T>()
        where T : IWay => grains.GetGrain<T>(ways?.Next<T>() ?? 0);
}
