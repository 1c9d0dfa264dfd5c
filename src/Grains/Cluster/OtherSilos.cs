namespace Loopwave.Cluster;

/// <summary>What the other silos say. It works without storage, as long as they can be reached.</summary>
internal sealed class OtherSilos(IGrainFactory grains, IClusterMembershipService membership, ILocalSiloDetails self)
{
    // Of a large cluster a few are enough to know.
    private const int AskedAtOnce = 8;

    /// <summary>Whether one of them holds its lease; false also when none answers.</summary>
    public async Task<bool> AnyHoldsLease()
    {
        var others = membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status is SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress))
            .Select(member => member.SiloAddress.ToParsableString());
        var answers = await Task.WhenAll(others.Shuffle().Take(AskedAtOnce).Select(HoldsLease));
        return answers.Contains(true);
    }

    private async Task<bool> HoldsLease(string silo)
    {
        try
        {
            return await grains.GetGrain<ISiloProbe>(silo).HoldsLease();
        }
        catch (Exception)
        {
            // Gone, or cut off as well: it says nothing for the database.
            return false;
        }
    }
}
