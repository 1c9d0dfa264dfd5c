namespace Loopwave.Cluster;

/// <summary>
/// What every silo does by itself, keeping nothing: a request for it is carried out by the silo that it reaches first. Each key of such a grain
/// is one way into the cluster, which leads over the same silo for as long as that one is there.
/// </summary>
[Alias("loopwave.way")]
public interface IWay : IGrainWithIntegerKey
{
    /// <summary>Whether the silo that this way leads over can do its work, which takes storage. No answer is one as well.</summary>
    [Alias("is-open")]
    [ResponseTimeout("00:00:03")]
    Task<bool> IsOpen();

    /// <summary>The same, with the silo that answers.</summary>
    [Alias("look")]
    [ResponseTimeout("00:00:03")]
    Task<WayView> Look();
}

/// <summary>A way into the cluster.</summary>
/// <param name="IsOpen">As <see cref="IWay.IsOpen"/> says.</param>
/// <param name="Silo">The silo that the way leads over, by any name that is its own.</param>
[GenerateSerializer, Immutable, Alias("loopwave.way-view")]
public sealed record WayView([property: Id(0)] bool IsOpen, [property: Id(1)] string Silo);
