namespace Loopwave.Numbers;

/// <summary>Letting go: of a number that belongs to another process by now, or to this one under a new right.</summary>
internal sealed partial class NumberGrain
{
    private void GiveUpOwnership()
    {
        if (_stale)
        {
            return;
        }

        _stale = true;
        LogNotOwned(logger, Number);
        DeactivateOnIdle();

        // Not waited for: it lasts until what the engine has to tell is taken, and whoever finds out here may be about to take it.
        CloseEngine().Ignore();
    }

    /// <summary>This process lost its right to numbers and has a new one: the number is taken anew, by a new activation.</summary>
    private void TakeAnew()
    {
        GiveUpOwnership();
        GrainFactory.GetGrain<INumberGrain>(Number).Ensure().Ignore();
    }
}

/// <summary>Another process owns the number. The caller may ask again: the call then goes to the owner.</summary>
[GenerateSerializer, Alias("loopwave.number-not-owned")]
internal sealed class NumberNotOwnedException(string number) : Exception($"Number {number} is owned by another process.");
