namespace Loopwave.Cluster;

/// <summary>Names one silo of the cluster for work that one does for all. While the cluster changes, two may take themselves for it, or none.</summary>
internal sealed class FirstSilo(IClusterMembershipService membership, ILocalSiloDetails self)
{
    public bool IsThis => self.SiloAddress.Equals(membership.CurrentSnapshot.Members.Values
        .Where(member => member.Status is SiloStatus.Active).Select(member => member.SiloAddress).Min());
}
