using Loopwave.Numbers;

namespace Loopwave.Cluster;

/// <summary>Moves numbers of this silo to others.</summary>
internal sealed class NumberMoves(
    IGrainFactory grains, SiloChoice choice, IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider clock)
{
    // A connect costs a real network much more work than the sandbox: of many at once each takes longer.
    private const int AtOnce = 16;
    private const int AtOnceInPaces = 8;

    // What a number needs to close its connection and let go, and to be taken.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>There is another silo, and it takes numbers.</summary>
    public bool HaveSomewhereToGo => choice.Takes(Others).Any();

    /// <summary>There is no other silo.</summary>
    public bool AreAlone => !Others.Any();

    /// <summary>There is another silo that may take numbers, which cannot be told before its next report.</summary>
    public bool MayHaveSomewhereToGo => choice.AnyIsSilent(Others);

    private IEnumerable<SiloAddress> Others => membership.CurrentSnapshot.Members.Values
        .Where(member => member.Status is SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress)).Select(member => member.SiloAddress);

    /// <summary>
    /// Lets a number go on at the other silo with the fewest, and returns when it is connected there, if it was here: whoever moves
    /// many has few of them away at a time. Nothing happens when no other silo takes numbers.
    /// </summary>
    /// <exception cref="TimeoutException">It did not leave, or was not taken, in time; it comes back by itself.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/>; the number may still be on its way.</exception>
    public async Task ToLeast(LocalNumber number, CancellationToken stop)
    {
        if (choice.Least(Others) is not { } silo)
        {
            return;
        }

        var wasReady = number.Status is NumberStatus.Ready;
        var place = grains.GetGrain<INumberPlace>(number.Id);
        await Patiently(place.Leave(self.SiloAddress, silo), stop);
        await Patiently(number.HasLeft, stop);
        await Patiently(wasReady ? place.Arrive() : grains.GetGrain<INumberGrain>(number.Id).Ensure(), stop);
    }

    /// <summary>Lets a number close its connection and end here, in peace.</summary>
    public Task ToNowhere(string number) => grains.GetGrain<INumberPlace>(number).Leave(self.SiloAddress, null);

    /// <summary>Begins one every <paramref name="interval"/> at the most, a few side by side; returns when all are done.</summary>
    public async Task Pace(
        TimeSpan interval, IReadOnlyList<LocalNumber> numbers, Func<LocalNumber, CancellationToken, Task> move, CancellationToken stop)
    {
        var most = interval > TimeSpan.Zero ? AtOnceInPaces : AtOnce;
        HashSet<Task> moving = [];
        foreach (var number in numbers)
        {
            stop.ThrowIfCancellationRequested();
            if (moving.Count == most)
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

    // What becomes of a call that is waited for no longer is nobody's business any more.
    private Task Patiently(Task call, CancellationToken stop)
    {
        call.Ignore();
        return call.WaitAsync(Patience, clock, stop);
    }
}
