namespace Loopwave.Cluster;

/// <summary>Where a number lives, keyed by its id.</summary>
[Alias("loopwave.number-place")]
internal interface INumberPlace : IGrainWithStringKey
{
    /// <summary>
    /// Lets the number go on at another silo. Returns at once; what is asked of the number meanwhile waits, and is answered
    /// there.
    /// </summary>
    [Alias("hand-over")]
    [ResponseTimeout("00:00:05")]
    Task HandOver(SiloAddress silo);
}
