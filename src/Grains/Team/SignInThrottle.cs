namespace Loopwave.Team;

/// <summary>
/// How long a sign-in has to wait after failures: five are free, then 1 s, doubling up to 15 minutes; a success
/// forgets them. Times are monotonic (<see cref="TimeProvider.GetTimestamp"/>), so setting the clock opens nothing.
/// One instance for accounts and one for sources. Kept in memory: a restart forgives, which an attacker can't cause.
/// </summary>
internal sealed class SignInThrottle(TimeProvider clock)
{
    private const int Free = 5;
    private const int Most = 10_000;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Forgotten = TimeSpan.FromHours(24);

    private readonly Dictionary<string, Failures> _failures = new(StringComparer.Ordinal);

    /// <summary>How long to wait before the next attempt; null when it may be made now.</summary>
    public TimeSpan? Wait(string who)
    {
        if (!_failures.TryGetValue(who, out var failures))
        {
            return null;
        }

        var left = Delay(failures.Count) - clock.GetElapsedTime(failures.LastAt);
        return left > TimeSpan.Zero ? left : null;
    }

    /// <summary>
    /// Counts an attempt as failed before its outcome is known, so that many at the same time are not all free.
    /// </summary>
    public void Attempt(string who)
    {
        MakeRoom();
        var count = _failures.TryGetValue(who, out var failures) && clock.GetElapsedTime(failures.LastAt) < Forgotten
            ? failures.Count
            : 0;
        _failures[who] = new(count + 1, clock.GetTimestamp());
    }

    public void Succeeded(string who) => _failures.Remove(who);

    /// <summary>Takes an attempt back that was never really made.</summary>
    public void NotMade(string who)
    {
        if (_failures.TryGetValue(who, out var failures))
        {
            _failures[who] = failures with { Count = Math.Max(0, failures.Count - 1) };
        }
    }

    private static TimeSpan Delay(int failures) => failures < Free
        ? TimeSpan.Zero
        : TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << Math.Min(failures - Free, 20)));

    // Made-up names must not fill the memory: the one that failed longest ago goes.
    private void MakeRoom()
    {
        if (_failures.Count >= Most)
        {
            _failures.Remove(_failures.MinBy(entry => entry.Value.LastAt).Key);
        }
    }

    private readonly record struct Failures(int Count, long LastAt);
}
