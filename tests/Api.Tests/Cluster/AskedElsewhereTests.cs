using Loopwave.Api.Cluster;
using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Loopwave.Testing;
using Loopwave.Testing.Api;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Api.Tests.Cluster;

/// <summary>A number that some of four silos do not reach, and every kind of grain that is asked about it.</summary>
public sealed class AskedElsewhereTests
{
    private static readonly Refusal OutOfReach = new(RefusalCode.StorageUnavailable, "Not from here.", TimeSpan.FromSeconds(2), MayWorkElsewhere: true);

    private readonly FakeDeployment _deployment = new();
    private readonly ClusterGrains _grains;

    public AskedElsewhereTests()
    {
        var factory = new FakeGrainFactory(_deployment);
        var ways = new Ways(factory, new FakeTimeProvider());
        _grains = new ClusterGrains(factory, ways);
        Look<IMessagesGrain>(ways);
        Look<IChatsGrain>(ways);
        Look<INumbersGrain>(ways);
        Look<ISandboxNumbersGrain>(ways);
        Look<IMediaGrain>(ways);
    }

    [Fact]
    public async Task Whatever_one_silo_does_not_reach_is_answered_by_the_next()
    {
        var number = _deployment.AddNumber().Id;

        await Reached(() => _grains.Messages(messages => messages.Send(Any.Send("Hi"))));
        await Reached(() => _grains.Chats(chats => chats.MarkRead("c_1", Access.All)));
        await Reached(() => _grains.Numbers(numbers => numbers.Get(number, Access.All)));
        await Reached(() => _grains.Sandbox(sandbox => sandbox.Get(number)));
        await Reached(() => _grains.Media(media => media.Register(new UploadedFile("00", 1, "image/png", null))));
    }

    [Fact]
    public async Task What_none_reaches_each_is_asked_once()
    {
        _deployment.Refusal = OutOfReach;

        var answer = await _grains.Messages(messages => messages.Send(Any.Send("Hi")));

        Assert.Equal((OutOfReach, 4), (answer.Refusal, _deployment.Asked.Count));
    }

    private async Task Reached<T>(Func<Task<Outcome<T>>> ask)
    {
        _deployment.RefusesNext.Enqueue(OutOfReach);
        Assert.Null((await ask()).Refusal);
        Assert.Empty(_deployment.RefusesNext);
    }

    private static void Look<T>(Ways ways)
        where T : IWay => ways.To<T>().Look();
}
