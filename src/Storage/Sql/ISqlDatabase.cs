using System.Data.Common;
using Loopwave.Deployment;
using Loopwave.Numbers;

namespace Loopwave.Storage.Sql;

/// <summary>
/// A database that runs units of work and queries. Both fail with <see cref="StorageUnavailableException"/> when it
/// cannot be read or written now, within a bounded time, and work again by themselves afterwards.
/// </summary>
internal interface ISqlDatabase
{
    ISqlDialect Dialect { get; }

    /// <summary>
    /// Runs all statements of a unit, durably, or none. Units of one key are decided in the order in which they were given;
    /// all units of a lane have one key.
    /// </summary>
    Task<UnitResult> Run(Unit unit);

    /// <summary>Reads rows. Sees everything that was committed before the call.</summary>
    Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row);

    /// <summary>
    /// Returns once everything given before with this key is decided, so that a read after a failure sees what will stay; at once when it is.
    /// </summary>
    /// <param name="key">Null for everything, whatever its key.</param>
    Task Settle(string? key);
}

/// <summary>What differs between the databases that speak SQL, beyond the connection itself.</summary>
internal interface ISqlDialect
{
    /// <summary>Where the numbered scripts of the schema are, as a namespace.</summary>
    string Migrations { get; }

    /// <summary>An expression for the database's own time, in milliseconds since 1970.</summary>
    string Now { get; }

    /// <summary>Only one process can have the data open, which holds its lock file.</summary>
    bool SingleProcess { get; }

    /// <summary>A query that gives the values of a <see cref="List"/> parameter.</summary>
    string Values(string parameter);

    /// <summary>The value to give for a parameter that is a list.</summary>
    object List(IEnumerable<string> values);

    /// <summary>As <see cref="Values"/>, of a <see cref="NumberList"/>.</summary>
    string Numbers(string parameter);

    /// <summary>As <see cref="List"/>, of numbers.</summary>
    object NumberList(IEnumerable<long> values);

    /// <summary>Units run side by side: what one of them has looked at, another one can change before it writes.</summary>
    bool SideBySide { get; }

    /// <summary>At the end of a query of a unit: nobody else changes these rows before the unit is decided.</summary>
    string Locked { get; }

    /// <summary>As <see cref="Locked"/>, and leaves out rows that somebody else has locked.</summary>
    string LockedOrLeft { get; }

    /// <summary>Whoever runs the same statement waits until this unit is decided. Only <see cref="SideBySide"/> need it.</summary>
    Statement Alone(string what);

    /// <summary>A column whose index must not be chosen.</summary>
    string Unindexed(string column);
}

/// <summary>One statement with the values of its parameters.</summary>
/// <param name="Sql">Prepared once and kept, so there are only as many texts as there are kinds of statements.</param>
internal sealed record Statement(string Sql, params (string Name, object? Value)[] Parameters)
{
    /// <summary>What must be true for the unit to go on.</summary>
    public Guard? Guard { get; private init; }

    /// <summary>The statement returns a value, which becomes the value of the unit.</summary>
    public bool Returns { get; private init; }

    /// <summary>The statement must change exactly one row. If not, or if a unique key stands against it, nothing of the unit is kept.</summary>
    public Statement OrElse(CommitResult miss) => this with { Guard = new Guard(miss) };

    /// <summary>The statement must change exactly one row; anything else is a mistake of ours.</summary>
    public Statement ExactlyOne() => this with { Guard = new Guard(null) };

    public Statement Returning() => this with { Returns = true };
}

/// <summary>What becomes of a unit whose statement did not change exactly one row; null for an exception.</summary>
internal sealed record Guard(CommitResult? Miss);

/// <summary>Statements that are applied together or not at all.</summary>
/// <param name="Key">What it belongs to, such as a number; null where nothing else must come before or after it.</param>
/// <param name="Lane">What was built on each other: once a unit of it is not applied, no later one is.</param>
internal sealed record Unit(IReadOnlyList<Statement> Statements, string? Key = null, CommitLane? Lane = null)
{
    /// <summary>The key of leases. Nothing that takes long may hold up their renewal.</summary>
    public const string Leases = "leases";

    /// <summary>
    /// The key of those that claim numbers, whichever number it is. Of a silo that is gone, all numbers are claimed before what the first of them
    /// do then has its turn. Nothing depends on their order: what the number's last owner may still write is refused under its epoch.
    /// </summary>
    public const string Claims = "claims";
}

/// <param name="Result">How the unit ended.</param>
/// <param name="Value">What its returning statement gave; null when that had no row.</param>
internal readonly record struct UnitResult(CommitResult Result, object? Value = null)
{
    public bool Committed => Result is CommitResult.Committed;
}

/// <summary>Lets a test stand between any two writes.</summary>
internal interface IUnitFaults
{
    /// <summary>Called before statement <paramref name="index"/> of a unit; what it throws, the unit fails with.</summary>
    void BeforeStatement(Unit unit, int index);

    /// <summary>Called when all units of a batch have run, before they are committed.</summary>
    void BeforeCommit();

    /// <summary>Called when a batch is committed and nobody has been told.</summary>
    void AfterCommit();
}
