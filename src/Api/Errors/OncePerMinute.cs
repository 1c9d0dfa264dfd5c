namespace Loopwave.Api.Errors;

/// <summary>Of much that happens at once, tells when it is time to speak of it. Any thread.</summary>
internal sealed class OncePerMinute(TimeProvider clock)
{
    private static readonly TimeSpan Gap = TimeSpan.FromMinutes(1);

    private long _last;

    public bool IsTime()
    {
        var last = Interlocked.Read(ref _last);
        return (last == 0 || clock.GetElapsedTime(last) >= Gap) && Interlocked.CompareExchange(ref _last, clock.GetTimestamp(), last) == last;
    }
}
