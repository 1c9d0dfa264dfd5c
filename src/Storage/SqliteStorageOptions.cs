using Loopwave.Storage.Sql;

namespace Loopwave.Storage;

/// <summary>Where standalone keeps its data: the database is a file in the data directory.</summary>
public sealed record SqliteStorageOptions : LocalDataOptions
{
    public SqliteStorageOptions()
    {
    }

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public SqliteStorageOptions(LocalDataOptions directories)
        : base(directories)
    {
    }

    /// <summary>Whoever has the data is alone with it. Not so where several silos of one test share what was opened once.</summary>
    internal bool SingleSilo { get; init; } = true;

    /// <summary>Stands between any two writes, in tests.</summary>
    internal IUnitFaults? Faults { get; init; }

    /// <summary>Ends the growth of the database, in tests.</summary>
    internal Func<int?>? MaxPages { get; init; }
}
