namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>
/// Lets messages go a stretch at a time, and says when so many of a stretch are done. Without it the callers would be through
/// with all they have while the numbers are still coming back from the first kills, and the other kills would hit nothing.
/// </summary>
internal sealed class Pace(TimeSpan patience) : IDisposable
{
    private readonly SemaphoreSlim _written = new(0);
    private readonly SemaphoreSlim _said = new(0);
    private readonly Lock _lock = new();
    private TaskCompletionSource _reached = new();
    private int _awaited = int.MaxValue;
    private int _done;

    public int Done
    {
        get
        {
            lock (_lock)
            {
                return _done;
            }
        }
    }

    /// <summary>Waits until one more message may be written to the product.</summary>
    public Task MayWrite() => May(_written);

    /// <summary>Waits until somebody may say one more to a number.</summary>
    public Task MaySay() => May(_said);

    /// <summary>Lets so many more go each way.</summary>
    /// <param name="written">Messages to the product.</param>
    /// <param name="said">Messages to its numbers.</param>
    /// <param name="moment">How many of them are done when the returned task ends: from 1 to their sum.</param>
    public Task Open(int written, int said, int moment)
    {
        Task reached;
        lock (_lock)
        {
            // Whoever wants it done first must not run on in the caller that did the last one.
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited = _done + moment;
            reached = _reached.Task;
        }

        Release(_written, written);
        Release(_said, said);
        return reached.WaitAsync(patience);
    }

    /// <summary>One more is done.</summary>
    public void Count()
    {
        lock (_lock)
        {
            if (++_done == _awaited)
            {
                _reached.SetResult();
            }
        }
    }

    public void Dispose()
    {
        _written.Dispose();
        _said.Dispose();
    }

    private async Task May(SemaphoreSlim kind)
    {
        if (!await kind.WaitAsync(patience))
        {
            throw new TimeoutException($"No message may go for {patience.TotalSeconds} s.");
        }
    }

    private static void Release(SemaphoreSlim kind, int count)
    {
        if (count > 0)
        {
            kind.Release(count);
        }
    }
}
