namespace Loopwave.Storage;

/// <summary>
/// Lets only so many through at once, in the order of asking. Whoever waits is told when nothing gets done, however long the queue is.
/// </summary>
internal sealed class Turns(int most, TimeSpan patience, TimeProvider clock, DatabaseErrors errors)
{
    private readonly SemaphoreSlim _free = new(most);
    private long _progressAt = clock.GetTimestamp();

    public async Task Enter()
    {
        // One wait for as long as it takes: who waits anew goes to the end, and behind a long queue gets no turn at all.
        using var giveUp = new CancellationTokenSource();
        var turn = _free.WaitAsync(giveUp.Token);
        while (!turn.IsCompleted)
        {
            try
            {
                await turn.WaitAsync(patience, clock);
            }
            catch (TimeoutException)
            {
                // A long queue that moves is no failure; a database that hangs is one.
                if (clock.GetElapsedTime(Interlocked.Read(ref _progressAt)) >= patience)
                {
                    await giveUp.CancelAsync();
                    break;
                }
            }
        }

        try
        {
            // It can have come at the last moment.
            await turn;
        }
        catch (OperationCanceledException)
        {
            throw errors.Stuck();
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
