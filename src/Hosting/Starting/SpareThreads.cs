namespace Loopwave.Starting;

/// <summary>
/// Threads for what holds one while it waits. When a command of Npgsql takes too long, its thread asks the server to cancel it and
/// waits for an answer, for up to the time that connecting may take, and no setting prevents that. Storage reads and writes on threads of its own;
/// Orleans asks its tables on the pool's, of which a machine with two cores has two at first and one or two more a second. Against a database that
/// hangs nothing else would be done for seconds: nobody would be told, and no heartbeat sent.
/// </summary>
internal static class SpareThreads
{
    /// <summary>Its own state, whom it sees, reminders, and the checks of the process.</summary>
    private const int Count = 4;

    /// <summary>Has the pool make so many threads more at once when it needs them.</summary>
    public static void Allow()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(workers + Count, completions);
    }
}
