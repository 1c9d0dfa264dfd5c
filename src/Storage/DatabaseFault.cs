using Loopwave.Deployment;
using Loopwave.Storage.Sql.Postgres;
using Npgsql;

namespace Loopwave.Storage;

/// <summary>Tells what went wrong with a database that is away from other faults, also where others than our stores ask it.</summary>
public static class DatabaseFault
{
    /// <summary>A database that cannot be reached is the reason, wherever in the fault that stands.</summary>
    public static bool IsAway(Exception fault) => fault switch
    {
        StorageUnavailableException => true,
        NpgsqlException => PostgresErrors.IsOfTheServer(fault),
        AggregateException several => several.InnerExceptions.Any(IsAway),
        { InnerException: { } inner } => IsAway(inner),
        _ => false,
    };
}
