namespace Loopwave.Storage.Media.S3;

/// <summary>
/// The end of a request that nobody answers. The real clock: how long a server may hang has nothing to do with the time that the product
/// lives in.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _time;
    private readonly CancellationTokenSource _either;

    public Deadline(TimeSpan patience, CancellationToken cancellationToken)
    {
        _patience = patience;
        _time = new CancellationTokenSource(patience, TimeProvider.System);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_time.Token, cancellationToken);
    }

    public CancellationToken Token => _either.Token;

    /// <summary>It was the time that ended it, not the caller.</summary>
    public bool IsOver => _time.IsCancellationRequested;

    /// <summary>Something moved: the whole time is left again.</summary>
    public void MoveOn() => _time.CancelAfter(_patience);

    public void Dispose()
    {
        _either.Dispose();
        _time.Dispose();
    }
}
