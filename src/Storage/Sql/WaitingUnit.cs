using Loopwave.Numbers;

namespace Loopwave.Storage.Sql;

/// <summary>A unit of work, and the caller who waits for it.</summary>
internal sealed class WaitingUnit(Unit unit)
{
    private const int Queued = 0;
    private const int Started = 1;
    private const int Abandoned = 2;

    private readonly TaskCompletionSource<UnitResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;
    private UnitResult? _ended;
    private Exception? _error;

    public Unit Unit => unit;

    public Task<UnitResult> Result => _result.Task;

    /// <summary>Known not to be applied, whatever becomes of the others; told only after the commit.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Its writes went through once; only the transaction around them was started over.</summary>
    public bool WasApplied => _ended is { Committed: true };

    public bool TryStart() => Interlocked.CompareExchange(ref _state, Started, Queued) == Queued;

    public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Queued) == Queued;

    public void Applied(UnitResult result) => _ended = result;

    /// <summary>Nothing of it is kept, and nothing that was built on it will be applied.</summary>
    public void Refused(UnitResult result)
    {
        _ended = result;
        IsRefused = true;
        unit.Lane?.Break();
    }

    /// <inheritdoc cref="Refused(UnitResult)"/>
    public void Refused(Exception error)
    {
        _error = error;
        IsRefused = true;
        unit.Lane?.Break();
    }

    /// <summary>Tells the caller, once; what is told stays.</summary>
    public void Complete()
    {
        if (_error is not null)
        {
            _result.TrySetException(_error);
        }
        else
        {
            _result.TrySetResult(_ended ?? new UnitResult(CommitResult.Committed));
        }
    }
}
