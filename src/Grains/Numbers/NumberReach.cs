using Loopwave.Cluster;

namespace Loopwave.Numbers;

/// <summary>
/// Says of a number whether its silo is one that does not answer this one. What is asked of it would only be waited for, where another silo
/// may get an answer at once.
/// </summary>
internal sealed class NumberReach(SilentSilos silent, IOwnershipStore ownership, TimeProvider clock)
{
    // Longer than that is no gain: what would be waited for may as well be tried.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Of its own code an API node of an older release would make a fault.
    private static readonly Refusal OutOfReach = new(
        RefusalCode.StorageUnavailable, "The number cannot be reached at the moment. Nothing was done; try again shortly.", TimeSpan.FromSeconds(2), MayWorkElsewhere: true);

    /// <summary>Null when the number may be asked, which is at once while all silos answer.</summary>
    public ValueTask<Refusal?> Refuse(string number) => silent.Any ? Look(number) : default;

    /// <summary>
    /// Asks a number. When its silo does not answer, nothing is passed on, and the refusal says so. When it falls silent meanwhile, that is told
    /// at once, too, like any call that has no answer: whether it was carried out nobody knows.
    /// </summary>
    public async Task<Outcome<T>> Ask<T>(string number, Func<Task<Outcome<T>>> ask)
    {
        var falls = silent.Next;
        if (await Refuse(number) is { } refusal)
        {
            return refusal;
        }

        var call = ask();
        while (await Task.WhenAny(call, falls) != call)
        {
            falls = silent.Next;
            if (await Refuse(number) is not null)
            {
                call.Ignore();
                throw new TimeoutException("The number's silo does not answer any more.");
            }
        }

        return await call;
    }

    private async ValueTask<Refusal?> Look(string number)
    {
        try
        {
            return await Patiently(ownership.Owner(number)) is { } owner && silent.Contains(SiloLease.SiloOf(owner)) ? OutOfReach : null;
        }
        catch (Exception)
        {
            // Nobody can say whose it is, which whoever is asked next says for itself.
            return null;
        }
    }

    private Task<string?> Patiently(Task<string?> owner)
    {
        owner.Ignore();
        return owner.WaitAsync(Patience, clock);
    }
}
