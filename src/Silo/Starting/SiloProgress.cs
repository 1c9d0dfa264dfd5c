using Loopwave.Deployment;
using Loopwave.Health;
using Loopwave.Media;
using Microsoft.Extensions.DependencyInjection;

namespace Loopwave.Starting;

/// <summary>How far the silo of this process has come, from its start to its end.</summary>
internal sealed class SiloProgress
{
    private volatile Stage _stage = new Stage.Before("Waits for PostgreSQL.");

    /// <summary>Nothing is answered for yet, or any more.</summary>
    public void Is(string what) => _stage = new Stage.Before(what);

    public void Runs(IServiceProvider silo) => _stage = new Stage.Running(silo);

    public async Task<IReadOnlyList<HealthPart>> Parts(CancellationToken cancellationToken) => _stage switch
    {
        Stage.Running running => await ReadyCheck.Parts(
            () => running.Silo.GetRequiredService<IGrainFactory>().GetGrain<IHealthGrain>(0), running.Silo.GetService<IMediaHealth>(),
            running.Silo.GetRequiredService<TimeProvider>(), cancellationToken),
        Stage.Before before => [new HealthPart("silo", Ready: false, before.What)],
        var unknown => throw new InvalidOperationException($"Unknown stage {unknown}."),
    };

    private abstract record Stage
    {
        public sealed record Before(string What) : Stage;

        public sealed record Running(IServiceProvider Silo) : Stage;
    }
}
