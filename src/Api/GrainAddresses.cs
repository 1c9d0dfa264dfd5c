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

/// <summary>Where each grain is found.</summary>
internal static class GrainAddresses
{
    public static INumberGrain Number(this IGrainFactory grains, string id) => grains.GetGrain<INumberGrain>(id);

    public static INumbersGrain Numbers(this IGrainFactory grains) => grains.GetGrain<INumbersGrain>(0);

    public static ISandboxGrain Sandbox(this IGrainFactory grains, string number) => grains.GetGrain<ISandboxGrain>(number);

    public static IMessagesGrain Messages(this IGrainFactory grains) => grains.GetGrain<IMessagesGrain>(0);

    public static IChatsGrain Chats(this IGrainFactory grains) => grains.GetGrain<IChatsGrain>(0);

    public static IMediaGrain Media(this IGrainFactory grains) => grains.GetGrain<IMediaGrain>(0);

    public static IApiKeyGrain ApiKey(this IGrainFactory grains, string id) => grains.GetGrain<IApiKeyGrain>(id);

    public static IApiKeysGrain ApiKeys(this IGrainFactory grains) => grains.GetGrain<IApiKeysGrain>(0);

    public static ITeamGrain Team(this IGrainFactory grains) => grains.GetGrain<ITeamGrain>(0);

    public static IHealthGrain Health(this IGrainFactory grains) => grains.GetGrain<IHealthGrain>(0);

    public static IClusterGrain Cluster(this IGrainFactory grains) => grains.GetGrain<IClusterGrain>(0);
}
