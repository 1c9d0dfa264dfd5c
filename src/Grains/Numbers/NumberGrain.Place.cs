using Loopwave.Cluster;
using Orleans.Runtime.Placement;

namespace Loopwave.Numbers;

/// <summary>Where the number lives, and its way to another silo.</summary>
internal sealed partial class NumberGrain
{
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectedWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(100);

    private LocalNumber? _local;
    private bool _isLeaving;
    private bool _isEnding;

    public Task Leave(SiloAddress? from, SiloAddress? to)
    {
        if (_state is not null && !_stale && !_isLeaving && (from ?? context.Silo).Equals(context.Silo) && !context.Silo.Equals(to))
        {
            _isLeaving = true;
            Quit(to).Ignore();
        }

        return Task.CompletedTask;
    }

    public async Task Arrive()
    {
        await Ensure();
        var began = context.Clock.GetTimestamp();
        while (_state is not null && !_stale && !_isLeaving && Session.Status is NumberStatus.Connecting && context.Clock.GetElapsedTime(began) < ConnectedWithin)
        {
            await Task.Delay(LookAgainAfter, context.Clock);
        }
    }

    // While the grain is still itself: what the engine has yet to tell is taken before the connection is closed for good.
    private async Task Quit(SiloAddress? to)
    {
        await _acting.WaitAsync();
        try
        {
            await CloseEngine();
        }
        catch (Exception exception)
        {
            LogMissed(exception, "the way to another silo");
        }
        finally
        {
            _acting.Release();
            GoTo(to);
        }

        // The other silo can be gone by now, and then nobody takes the number: it goes on here.
        await Task.Delay(GoneWithin, context.Clock);
        if (!_isEnding)
        {
            _isLeaving = false;
            await ActBeside();
        }
    }

    // It deactivates, and is activated there at once.
    private void GoTo(SiloAddress? silo)
    {
        if (silo is null || silo.Equals(context.Silo))
        {
            DeactivateOnIdle();
            return;
        }

        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
        MigrateOnIdle();
    }

    /// <summary>The number is here no more, and whoever comes next may take it.</summary>
    private void Vanish(long? epoch)
    {
        if (_local is { } local)
        {
            context.Local.Left(local);
        }

        if (epoch is not null || _mayBeOpen)
        {
            context.Releases.Begin(Number, epoch, _mayBeOpen ? CloseAgain(_state!.Epoch) : null);
        }
    }
}
