namespace Loopwave.Numbers;

/// <summary>
/// Work that must not run twice at the same time: whoever asks while it runs joins that run. Not thread-safe; for one
/// activation, whose calls interleave.
/// </summary>
internal sealed class Joined(Func<Task> work)
{
    private Task _run = Task.CompletedTask;

    // Only the run itself says when it is over. Those who joined it hear of that one after the other, and by then the next
    // one may be under way.
    public Task Run() => _run.IsCompleted ? _run = work() : _run;
}
