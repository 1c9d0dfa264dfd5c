using Loopwave.Numbers;
using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>
/// Runs units in one transaction, so that each is applied as a whole or not at all and what one is refused for never
/// touches the others. Refusals are rare: all are sent together first, and only after one each has a savepoint of its own.
/// </summary>
internal sealed class PostgresBatch(PostgresSession session)
{
    private static readonly Statement Begin = new("BEGIN ISOLATION LEVEL READ COMMITTED");
    private static readonly Statement Rollback = new("ROLLBACK");
    private static readonly Statement Savepoint = new("SAVEPOINT unit");
    private static readonly Statement Undo = new("ROLLBACK TO SAVEPOINT unit");
    private static readonly Statement Release = new("RELEASE SAVEPOINT unit");
    private static readonly Statement Committing = new("COMMIT");
    private static readonly Statement WhichTransaction = new Statement("SELECT pg_current_xact_id()::text").Returning();

    /// <summary>What the server calls the transaction; it knows by this name what became of it.</summary>
    public string Transaction { get; private set; } = "";

    /// <summary>Runs the units; false when there is nothing to commit.</summary>
    /// <exception cref="PostgresException">The transaction failed as a whole, and is rolled back.</exception>
    public bool Apply(List<WaitingUnit> units)
    {
        try
        {
            if (Open(units) is not { Count: > 0 } open)
            {
                return false;
            }

            if (TryApply([Begin], open))
            {
                return true;
            }

            session.Do(Rollback);
            session.Do(Begin);
            if (ApplyEach(units))
            {
                return true;
            }

            session.Do(Rollback);
            return false;
        }
        catch (PostgresException) when (!session.IsLost)
        {
            session.Do(Rollback);
            throw;
        }
    }

    public void Commit() => session.Do(Committing);

    /// <summary>False when all are refused.</summary>
    private bool ApplyEach(List<WaitingUnit> units)
    {
        var any = false;
        List<Statement> before = [Savepoint];
        foreach (var unit in units)
        {
            if (Open([unit]).Count == 0)
            {
                continue;
            }

            if (TryApply(before, [unit]))
            {
                any = true;
            }
            else
            {
                session.Do(Undo);
            }

            before = [Release, Savepoint];
        }

        return any;
    }

    // What went through before its lane broke goes through again.
    private static List<WaitingUnit> Open(List<WaitingUnit> units) => units.FindAll(waiting =>
    {
        if (!waiting.IsRefused && !waiting.WasApplied && waiting.Unit.Lane is { IsBroken: true })
        {
            waiting.Refused(BehindException.Refusal());
        }

        return !waiting.IsRefused && !waiting.Result.IsCompleted;
    });

    /// <summary>False at the first unit that is refused. What is behind it has run as well, and must be undone with it.</summary>
    private bool TryApply(List<Statement> before, List<WaitingUnit> units)
    {
        var (answers, error) = session.Send([.. before, .. units.SelectMany(waiting => waiting.Unit.Statements), WhichTransaction]);
        if (error is not null && (PostgresErrors.IsOfTheServer(error) || answers.Length < before.Count))
        {
            throw error;
        }

        var at = before.Count;
        foreach (var waiting in units)
        {
            var statements = waiting.Unit.Statements;
            if (!TryEnd(waiting, answers.AsSpan(at, Math.Min(statements.Count, answers.Length - at)), error))
            {
                return false;
            }

            at += statements.Count;
        }

        Transaction = error is null ? (string)answers[^1].Value! : throw error;
        return true;
    }

    /// <summary>Says of a unit how it ended, from what its statements did: all of them, or those before the one that failed.</summary>
    private static bool TryEnd(WaitingUnit waiting, ReadOnlySpan<PostgresAnswer> answers, PostgresException? error)
    {
        object? value = null;
        for (var i = 0; i < waiting.Unit.Statements.Count; i++)
        {
            var statement = waiting.Unit.Statements[i];
            if (i == answers.Length)
            {
                if (PostgresErrors.IsUniqueViolation(error!) && statement.Guard?.Miss is { } taken)
                {
                    waiting.Refused(new UnitResult(taken));
                }
                else
                {
                    waiting.Refused(error!);
                }

                return false;
            }

            if (statement.Guard is { } guard && answers[i].Rows != 1)
            {
                if (guard.Miss is { } miss)
                {
                    waiting.Refused(new UnitResult(miss));
                }
                else
                {
                    waiting.Refused(new InvalidOperationException($"A statement changed {answers[i].Rows} rows instead of one: {statement.Sql}"));
                }

                return false;
            }

            value = statement.Returns ? answers[i].Value : value;
        }

        waiting.Applied(new UnitResult(CommitResult.Committed, value));
        return true;
    }
}
