namespace Loopwave.Cluster;

/// <summary>How a silo asks for the end of its own process. Whoever runs the process waits for it.</summary>
public sealed class SiloEnd
{
    private readonly TaskCompletionSource<string> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the reason, a sentence for operators, when the process is to end at once.</summary>
    public Task<string> Asked => _asked.Task;

    internal void Ask(string reason) => _asked.TrySetResult(reason);
}
