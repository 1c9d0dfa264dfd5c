namespace Loopwave.Starting;

/// <summary>
/// Threads for what holds one while it waits. When a command of Npgsql takes too long, its thread asks the server to cancel it and
/// waits for an answer, for up to the time that connecting may take, and no setting prevents that. A silo reads on eight
/// connections; on a machine with two cores the pool has two threads at first and adds one or two a second, so that against a database that
/// hangs nothing else would be done for seconds: nobody would be told, and no heartbeat sent.
/// </summary>
internal static class SpareThreads
{
    /// <summary>The connections of a silo for reading, and as many for Orleans' own questions and the checks of a process.</summary>
    private const int Count = 16;

    /// <summary>Has the pool make so many threads more at once when it needs them.</summary>
    public static void Allow()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(workers + Count, completions);
    }
}
