namespace Loopwave.Storage;

/// <summary>Lets only so many through at once. Whoever waits is told when nothing gets done, however long the queue is.</summary>
internal sealed class Turns(int most, TimeSpan patience, TimeProvider clock, DatabaseErrors errors)
{
    private readonly SemaphoreSlim _free = new(most);
    private long _progressAt = clock.GetTimestamp();

    public async Task Enter()
    {
        while (!await _free.WaitAsync(patience))
        {
            // A long queue that moves is no failure; a database that hangs is one.
            if (clock.GetElapsedTime(Interlocked.Read(ref _progressAt)) >= patience)
            {
                throw errors.Stuck();
            }
        }
    }

    /// <param name="isDone">Something got done; a database that hangs makes no progress by failing.</param>
    public void Leave(bool isDone)
    {
        if (isDone)
        {
            Interlocked.Exchange(ref _progressAt, clock.GetTimestamp());
        }

        _free.Release();
    }
}
