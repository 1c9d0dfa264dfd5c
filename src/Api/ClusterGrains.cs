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

/// <summary>
/// Where each grain is found. What every silo can do is asked of one that answers; of another one, too, where the first does not reach the number
/// that it is about.
/// </summary>
/// <param name="grains">The silos' own, or a client of theirs.</param>
/// <param name="ways">None where there is only one silo, this process.</param>
internal sealed class ClusterGrains(IGrainFactory grains, Ways? ways = null)
{
    public Task<Outcome<T>> Numbers<T>(Func<INumbersGrain, Task<Outcome<T>>> ask) => Ask(ask);

    public Task<Outcome<T>> Sandbox<T>(Func<ISandboxNumbersGrain, Task<Outcome<T>>> ask) => Ask(ask);

    public Task<Outcome<T>> Messages<T>(Func<IMessagesGrain, Task<Outcome<T>>> ask) => Ask(ask);

    public Task<Outcome<T>> Chats<T>(Func<IChatsGrain, Task<Outcome<T>>> ask) => Ask(ask);

    public Task<Outcome<T>> Media<T>(Func<IMediaGrain, Task<Outcome<T>>> ask) => Ask(ask);

    public IApiKeyGrain ApiKey(string id) => grains.GetGrain<IApiKeyGrain>(id);

    public IApiKeysGrain ApiKeys() => grains.GetGrain<IApiKeysGrain>(0);

    public ITeamGrain Team() => grains.GetGrain<ITeamGrain>(0);

    public IHealthGrain Health() => Grain<IHealthGrain>(ways?.To<IHealthGrain>().Next() ?? 0);

    public IClusterGrain Cluster() => grains.GetGrain<IClusterGrain>(0);

    private Task<Outcome<T>> Ask<TGrain, T>(Func<TGrain, Task<Outcome<T>>> ask)
        where TGrain : IWay => ways is null ? ask(Grain<TGrain>(0)) : ways.To<TGrain>().Ask(key => ask(Grain<TGrain>(key)));

    private T Grain<T>(long key)
        where T : IWay => grains.GetGrain<T>(key);
}
