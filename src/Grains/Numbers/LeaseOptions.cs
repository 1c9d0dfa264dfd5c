using System.ComponentModel.DataAnnotations;

namespace Loopwave.Numbers;

/// <summary>What a silo does without its lease. Section <c>Lease</c> of the configuration.</summary>
public sealed class LeaseOptions
{
    /// <summary>
    /// How long a silo that has lost its lease, and closed its connections, waits for its way to the database while another silo
    /// has one all the time. Then it ends itself, so that the others take its numbers. With less than ten seconds an outage of the
    /// database could pass for one of this silo: the others keep their leases for a moment. API nodes go by the last answer about a key or
    /// session for 60 seconds. One that lives on this silo answers nobody from when the way is lost: up to 22 seconds more go by until the lease is lost and
    /// nothing that was asked of the database is waited for any more, and 6 until the others have noticed the end.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:10", "00:00:30")]
    public TimeSpan EndSiloAfter { get; set; } = TimeSpan.FromSeconds(20);
}
