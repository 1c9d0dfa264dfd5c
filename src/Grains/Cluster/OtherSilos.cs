namespace Loopwave.Cluster;

/// <summary>What the other silos say. It works without storage, as long as they can be reached.</summary>
internal sealed class OtherSilos(IGrainFactory grains, IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider clock)
{
    // Of a large cluster a few are enough to know.
    private const int AskedAtOnce = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Those that the membership has not given up.</summary>
    public IEnumerable<SiloAddress> Active => membership.CurrentSnapshot.Members.Values
        .Where(member => member.Status is SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress)).Select(member => member.SiloAddress);

    /// <summary>Whether one of them holds its lease; false also when none answers within two seconds.</summary>
    public async Task<bool> AnyHoldsLease()
    {
        var answers = await Task.WhenAll(Active.Shuffle().Take(AskedAtOnce).Select(SoonHoldsLease));
        return answers.Contains(true);
    }

    /// <summary>Whether one of them says anything at all, in the time that any call waits.</summary>
    public async Task<bool> Answers(SiloAddress silo) => await HoldsLease(silo) is not null;

    // Whoever has no lease asks before each time that it tries to get one.
    private async Task<bool?> SoonHoldsLease(SiloAddress silo)
    {
        try
        {
            return await HoldsLease(silo).WaitAsync(Patience, clock);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    // Null is no answer: gone, or cut off as well. It says nothing for the database.
    private async Task<bool?> HoldsLease(SiloAddress silo)
    {
        try
        {
            return await grains.GetGrain<ISiloProbe>(silo.ToParsableString()).HoldsLease();
        }
        catch (Exception)
        {
            return null;
        }
    }
}
