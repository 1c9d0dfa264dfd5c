namespace Loopwave.Cluster;

/// <summary>Moves numbers of this silo to others.</summary>
internal sealed class NumberMoves(
    IGrainFactory grains, SiloChoice choice, IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider clock)
{
    private const int AtOnce = 16;

    /// <summary>There is another silo, and it takes numbers.</summary>
    public bool HaveSomewhereToGo => choice.Takes(Others).Any();

    private IEnumerable<SiloAddress> Others => membership.CurrentSnapshot.Members.Values
        .Where(member => member.Status is SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress)).Select(member => member.SiloAddress);

    /// <summary>Lets a number go on at the other silo with the fewest; null when there is none that takes numbers.</summary>
    public async Task<SiloAddress?> ToLeast(string number)
    {
        var silo = choice.Least(Others);
        if (silo is not null)
        {
            await grains.GetGrain<INumberPlace>(number).Leave(self.SiloAddress, silo);
        }

        return silo;
    }

    /// <summary>Lets a number close its connection and end here, in peace.</summary>
    public Task ToNowhere(string number) => grains.GetGrain<INumberPlace>(number).Leave(self.SiloAddress, null);

    /// <summary>Begins one every <paramref name="interval"/>, or a number of them side by side when that is zero; returns when all are done.</summary>
    public async Task Pace(
        TimeSpan interval, IReadOnlyList<LocalNumber> numbers, Func<LocalNumber, CancellationToken, Task> move, CancellationToken stop)
    {
        HashSet<Task> moving = [];
        foreach (var number in numbers)
        {
            stop.ThrowIfCancellationRequested();
            if (moving.Count == AtOnce)
            {
                moving.Remove(await Task.WhenAny(moving));
            }

            moving.Add(move(number, stop));
            if (interval > TimeSpan.Zero)
            {
                await Task.Delay(interval, clock, stop);
            }
        }

        await Task.WhenAll(moving);
    }
}
