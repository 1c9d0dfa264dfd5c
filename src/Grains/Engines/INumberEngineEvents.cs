using Loopwave.Numbers;
using Loopwave.Telemetry;
using Orleans.Concurrency;

namespace Loopwave.Engines;

/// <summary>Where a number's grain takes its engine's events; keyed by number.</summary>
[Alias("loopwave.number-engine-events")]
internal interface INumberEngineEvents : IGrainWithStringKey
{
    [Alias("on")]
    Task On(EngineBatch batch);

    [Alias("report"), OneWay]
    Task Report(EnginePresence presence);
}

/// <summary>Takes events from the engines of this process to the grains of their numbers.</summary>
internal sealed class EngineEventsToGrains(IGrainFactory grains, INumberStore numbers) : IEngineEvents
{
    public Task Deliver(EngineBatch batch)
    {
        // A call may have opened the connection, long ago.
        Tracing.Leave();
        return grains.GetGrain<INumberEngineEvents>(batch.Number).On(batch);
    }

    public async Task<bool> IsOver(string number, long epoch) => (await numbers.Load(number))?.Epoch is not { } now || now > epoch;

    public Task Report(EnginePresence presence)
    {
        Tracing.Leave();
        return grains.GetGrain<INumberEngineEvents>(presence.Number).Report(presence);
    }
}
