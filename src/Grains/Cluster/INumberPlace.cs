using Loopwave.Numbers;

namespace Loopwave.Cluster;

/// <summary>Where a number lives, keyed by its id.</summary>
[Alias("loopwave.number-place")]
internal interface INumberPlace : IGrainWithStringKey
{
    /// <summary>
    /// Lets the number go on at another silo, or nowhere until it is asked for when <paramref name="to"/> is null: it closes its
    /// connection, takes what the network still had to tell, and goes. Returns at once; what is asked of the number meanwhile
    /// waits, and is answered there.
    /// </summary>
    /// <param name="from">Only if it lives there: it may have gone before. Null is wherever it lives.</param>
    [Alias("leave")]
    [ResponseTimeout("00:00:05")]
    Task Leave(SiloAddress? from, SiloAddress? to);

    /// <summary>Takes the number up where it is now, and returns when it is connected again or has tried for 5 seconds.</summary>
    /// <exception cref="NumberNotOwnedException">Another process owns the number.</exception>
    [Alias("arrive")]
    [ResponseTimeout("00:00:15")]
    Task Arrive();
}
