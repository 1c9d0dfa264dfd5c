namespace Loopwave.Api.Cluster;

/// <summary>One way into the cluster. Any thread may ask.</summary>
/// <param name="key">The grain's that is asked; the client leads each over a silo of its choice.</param>
internal sealed class Way(long key)
{
    private volatile bool _isOpen;
    private volatile bool _isAsked;
    private volatile string? _silo;
    private volatile TaskCompletionSource _lost = NotLost();
    private long _lastOpen;

    public long Key => key;

    /// <summary>It said so when it was asked last, and in time.</summary>
    public bool IsOpen
    {
        get => _isOpen;
        set => _isOpen = value;
    }

    /// <summary>Whether it is open is being asked.</summary>
    public bool IsAsked
    {
        get => _isAsked;
        set => _isAsked = value;
    }

    /// <summary>The silo that answered last; null as long as that is not known.</summary>
    public string? Silo
    {
        get => _silo;
        set => _silo = value;
    }

    /// <summary>The look that it was last open for; 0 for never.</summary>
    public long LastOpen
    {
        get => Volatile.Read(ref _lastOpen);
        set => Volatile.Write(ref _lastOpen, value);
    }

    /// <summary>Asks by this way, until the call is given up.</summary>
    /// <exception cref="TimeoutException">It was; whether it was carried out nobody knows.</exception>
    public async Task<T> Call<T>(Func<long, Task<T>> ask)
    {
        var lost = _lost.Task;
        var call = ask(key);
        if (await Task.WhenAny(call, lost) != call)
        {
            call.Ignore();
            throw new TimeoutException("The silo that was asked does not answer any more.");
        }

        return await call;
    }

    /// <summary>Gives up the calls that are under way.</summary>
    public void GiveUp() => Interlocked.Exchange(ref _lost, NotLost()).SetResult();

    /// <summary>Gives up the calls that are under way now, those of them that are not over by then.</summary>
    public async Task GiveUpAfter(TimeSpan time, TimeProvider clock)
    {
        var lost = Interlocked.Exchange(ref _lost, NotLost());
        await Task.Delay(time, clock);
        lost.SetResult();
    }

    private static TaskCompletionSource NotLost() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
