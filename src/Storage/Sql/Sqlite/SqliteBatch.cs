using Loopwave.Numbers;
using Microsoft.Data.Sqlite;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>
/// Runs units in one transaction, so that each is applied as a whole or not at all and what one is refused for never
/// touches the others. Refusals are rare: all are tried together first, and only after one each has a savepoint of its
/// own, which costs a copy of every page it touches.
/// </summary>
internal sealed class SqliteBatch(PreparedCommands commands, IUnitFaults? faults)
{
    private const string Begin = "BEGIN IMMEDIATE";

    public void Commit(List<WaitingUnit> units)
    {
        commands.Execute(Begin);
        if (!units.TrueForAll(TryApply))
        {
            commands.Execute("ROLLBACK");
            commands.Execute(Begin);
            units.ForEach(ApplyAlone);
        }

        faults?.BeforeCommit();
        commands.Execute("COMMIT");
    }

    private void ApplyAlone(WaitingUnit waiting)
    {
        if (waiting.IsRefused)
        {
            return;
        }

        commands.Execute("SAVEPOINT unit");
        if (!TryApply(waiting))
        {
            commands.Execute("ROLLBACK TO unit");
        }

        commands.Execute("RELEASE unit");
    }

    /// <summary>False when some of its writes may have been done, which must be undone.</summary>
    private bool TryApply(WaitingUnit waiting)
    {
        // What went through before its lane broke goes through again.
        if (!waiting.WasApplied && waiting.Unit.Lane is { IsBroken: true })
        {
            waiting.Refused(BehindException.Refusal());
            return true;
        }

        try
        {
            var result = Run(waiting.Unit);
            if (result.Committed)
            {
                waiting.Applied(result);
                return true;
            }

            waiting.Refused(result);
        }
        catch (Exception error) when (!SqliteErrors.IsOfTheDisk(error))
        {
            waiting.Refused(error);
        }

        return false;
    }

    private UnitResult Run(Unit unit)
    {
        object? value = null;
        for (var i = 0; i < unit.Statements.Count; i++)
        {
            var statement = unit.Statements[i];
            faults?.BeforeStatement(unit, i);
            try
            {
                var command = commands.Get(statement);
                int rows;
                if (statement.Returns)
                {
                    value = command.ExecuteScalar();
                    rows = value is null ? 0 : 1;
                }
                else
                {
                    rows = command.ExecuteNonQuery();
                }

                if (statement.Guard is not null && rows != 1)
                {
                    return new UnitResult(statement.Guard.Miss
                        ?? throw new InvalidOperationException($"A statement changed {rows} rows instead of one: {statement.Sql}"));
                }
            }
            catch (SqliteException error) when (statement.Guard?.Miss is { } miss && SqliteErrors.IsUniqueViolation(error))
            {
                return new UnitResult(miss);
            }
        }

        return new UnitResult(CommitResult.Committed, value is DBNull ? null : value);
    }
}
