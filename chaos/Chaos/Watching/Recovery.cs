using System.Collections.Concurrent;
using System.Globalization;
using Loopwave.Chaos.Ledger;

namespace Loopwave.Chaos.Watching;

/// <summary>I12: waits for what has to come about by itself, and keeps what did not in time.</summary>
internal sealed class Recovery(Action<string> say, TimeProvider clock, CancellationToken stop)
{
    /// <summary>Longer than any target, and as long as anything may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // A look can read all numbers over an API node. When numbers are taken over, ready and away is not from these looks; when a fault is over, and what
    // was waited for in vain, is.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly ConcurrentQueue<Violation> _late = [];

    /// <summary>What was waited for in vain.</summary>
    public IReadOnlyList<Violation> Late => [.. _late];

    /// <summary>A moment from which several waits count, for what has to come about in one time.</summary>
    public long Begin() => clock.GetTimestamp();

    /// <summary>Waits until something is so; whether it was in time, which the run fails for if it was not.</summary>
    public Task<bool> Until(Func<Task<bool>> isSo, string what) => Until(Begin(), isSo, what);

    /// <param name="began">From when the time counts.</param>
    /// <inheritdoc cref="Until(Func{Task{bool}}, string)"/>
    public async Task<bool> Until(long began, Func<Task<bool>> isSo, string what)
    {
        // When the time was over before, it was said what it was that took it.
        var wasOver = IsOver(began);
        for (; ; await Task.Delay(LookEvery, clock, stop))
        {
            // A look itself can take long: nobody answers, or only with 503.
            var isNow = await isSo();
            var isLate = IsOver(began);
            if (isNow && (!isLate || wasOver))
            {
                return true;
            }

            if (isLate)
            {
                var late = string.Create(CultureInfo.InvariantCulture, $"waited {Patience.TotalMinutes} minutes in vain for {what}");
                say(late);
                _late.Enqueue(new("I12", late));
                return false;
            }
        }
    }

    private bool IsOver(long began) => clock.GetElapsedTime(began) > Patience;
}
