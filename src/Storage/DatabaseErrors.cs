using Loopwave.Deployment;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage;

/// <summary>Tells what an error of a database means for the caller, and logs causes no more than once a minute.</summary>
internal abstract partial class DatabaseErrors(ILogger logger, TimeProvider clock)
{
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);
    private long _loggedAt = long.MinValue;

    /// <summary>The database, not the statement, is the reason. It may work later.</summary>
    public abstract bool IsUnavailable(Exception error);

    public StorageUnavailableException Unavailable(Exception error)
    {
        Note(error);
        var reason = IsFull(error) ? "the disk is full" : "the database cannot be reached";
        return new StorageUnavailableException($"Storage is not available: {reason}.", error) { IsLogged = true };
    }

    /// <summary>Nothing came back in time.</summary>
    public StorageUnavailableException Stuck()
    {
        var error = new StorageUnavailableException($"Storage is not available: {Silent} does not answer.") { IsLogged = true };
        Note(error);
        return error;
    }

    /// <summary>What it is that does not answer.</summary>
    protected abstract string Silent { get; }

    protected abstract bool IsFull(Exception error);

    /// <summary>The database's name for an error.</summary>
    protected abstract string Code(Exception error);

    /// <summary>What an operator has to look at, where the error tells it; empty otherwise.</summary>
    protected virtual string Advice(Exception error) => "";

    private void Note(Exception error)
    {
        var now = clock.GetTimestamp();
        var before = Interlocked.Read(ref _loggedAt);
        if ((before == long.MinValue || clock.GetElapsedTime(before, now) >= LogEvery)
            && Interlocked.CompareExchange(ref _loggedAt, now, before) == before)
        {
            LogUnavailable(logger, Code(error), Advice(error), error);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Storage is not available ({Code}){Advice}")]
    private static partial void LogUnavailable(ILogger logger, string code, string advice, Exception error);
}
