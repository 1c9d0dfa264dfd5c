using Loopwave.Deployment;
using Loopwave.Media;

namespace Loopwave.Health;

/// <summary>Whether a process can do its work now, for whoever sends it traffic or restarts it.</summary>
public static class ReadyCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Every part with what is wrong with it; ends within 4 seconds and never throws for what it looks at.</summary>
    /// <param name="health">Finds the grain, which a client that knows no silo yet cannot.</param>
    /// <param name="media">Of this process; null where its files are in a directory.</param>
    public static async Task<IReadOnlyList<HealthPart>> Parts(
        Func<IHealthGrain> health, IMediaHealth? media, TimeProvider clock, CancellationToken cancellationToken)
    {
        var cluster = await Cluster(health, clock, cancellationToken);
        return media is null ? cluster : [.. cluster, Media(media)];
    }

    private static HealthPart Media(IMediaHealth media) =>
        new("media", media.IsReady, media.IsReady ? null : "The bucket of media cannot be read or written at the moment.");

    private static async Task<IReadOnlyList<HealthPart>> Cluster(Func<IHealthGrain> health, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            // The grain looks at everything it stands on; that it answers at all shows that the cluster works.
            var parts = await health().Check().WaitAsync(Patience, clock, cancellationToken);
            return [new HealthPart("cluster", Ready: true, Message: null), .. parts];
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return [new HealthPart("cluster", Ready: false, "No answer from the cluster.")];
        }
    }
}

public sealed record LiveAnswer(bool Ok);

public sealed record ReadyAnswer(bool Ok, IReadOnlyList<HealthPart> Parts);

/// <summary>What is answered with 503.</summary>
public sealed record NotReadyAnswer(string Error, string Message, IReadOnlyList<HealthPart> Parts)
{
    public static NotReadyAnswer For(IReadOnlyList<HealthPart> parts) =>
        new("not_ready", $"Not ready: {string.Join(", ", parts.Where(part => !part.Ready).Select(part => part.Name))}.", parts);
}
