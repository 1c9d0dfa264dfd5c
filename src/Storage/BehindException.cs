using Loopwave.Deployment;

namespace Loopwave.Storage;

/// <summary>
/// Why a change is not stored that was given behind one that was not: nothing is built on what was lost. The database is not
/// asked for it, so it says nothing about the database.
/// </summary>
internal sealed class BehindException() : Exception("What comes behind a change that was not stored is not stored either.")
{
    /// <summary>What the caller is told, who may try again. Of the change before it the log says why.</summary>
    public static StorageUnavailableException Refusal() =>
        new("Storage is not available: an earlier change of this number was not stored.", new BehindException()) { IsLogged = true };

    public static bool IsCauseOf(Exception error) => error is StorageUnavailableException { InnerException: BehindException };
}
