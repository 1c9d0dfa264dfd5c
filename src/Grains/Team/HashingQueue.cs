namespace Loopwave.Team;

/// <summary>
/// Hashing is the cheapest way to keep a small machine busy, so at most two run at a time, 16 wait, and whoever comes then
/// is turned away.
/// </summary>
internal sealed class HashingQueue : IDisposable
{
    public const int AtOnce = 2;
    public const int Waiting = 16;

    private readonly SemaphoreSlim _running = new(AtOnce);
    private int _here;

    /// <summary>What the work gives, done away from the caller's scheduler; <paramref name="tooMany"/>, at once, for who is turned away.</summary>
    public async Task<T> Run<T>(T tooMany, Func<T> work)
    {
        if (Interlocked.Increment(ref _here) > AtOnce + Waiting)
        {
            Interlocked.Decrement(ref _here);
            return tooMany;
        }

        try
        {
            await _running.WaitAsync();
            try
            {
                // Off the grain's own scheduler: others are served meanwhile.
                return await Task.Run(work);
            }
            finally
            {
                _running.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _here);
        }
    }

    public void Dispose() => _running.Dispose();
}
