using Loopwave.Engines;

namespace Loopwave.WhatsApp;

/// <summary>A number as this process knows it. Changed under the lock of <see cref="EngineHosts"/>.</summary>
internal sealed class EngineLine(string number)
{
    private (EngineCursor At, int Opens)? _end;

    public string Number => number;

    /// <summary>The highest epoch seen.</summary>
    public long Epoch { get; set; }

    /// <summary>The host that carries it, as long as anything of it can still come from there.</summary>
    public EngineHost? Host { get; set; }

    /// <summary>The host took the order to open, and no end was reported since: if the host dies, one is owed.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Counts the orders to open, so that what belongs to an earlier one is told from what came since.</summary>
    public int Opens { get; set; }

    /// <summary>The order to open that an end belongs to: the last one when the end was told first, however often it is told again.</summary>
    public int OpensAt(EngineCursor end)
    {
        if (_end is not { } told || told.At != end)
        {
            _end = (end, Opens);
        }

        return _end.Value.Opens;
    }

    /// <summary>The last event that somebody took, acknowledged or not.</summary>
    public EngineCursor? Taken { get; set; }

    public bool WasTaken(EngineCursor place) =>
        Taken is { } taken && taken.Host == place.Host && taken.Epoch == place.Epoch && taken.Sequence >= place.Sequence;

    /// <summary>Held while something of the number is being delivered: the end of a dead host comes after all that it reported.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);
}
