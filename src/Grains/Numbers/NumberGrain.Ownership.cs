namespace Loopwave.Numbers;

/// <summary>Letting go: of a number that belongs to another process by now, or to this one under a new right.</summary>
internal sealed partial class NumberGrain
{
    private async Task GiveUpOwnership()
    {
        if (_stale)
        {
            return;
        }

        _stale = true;
        LogNotOwned(logger, Number);
        await CloseEngine();
        DeactivateOnIdle();
    }

    /// <summary>This process lost its right to numbers and has a new one: the number is taken anew, by a new activation.</summary>
    private async Task TakeAnew()
    {
        await GiveUpOwnership();
        GrainFactory.GetGrain<INumberGrain>(Number).Ensure().Ignore();
    }
}

/// <summary>Another process owns the number. The caller may ask again: the call then goes to the owner.</summary>
[GenerateSerializer, Alias("loopwave.number-not-owned")]
internal sealed class NumberNotOwnedException(string number) : Exception($"Number {number} is owned by another process.");
