using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>
/// A connection that writes. One that was lost is opened again, and whatever was committed on it when it was lost is known
/// before anything else is written or answered.
/// </summary>
internal sealed class PostgresUnits(
    NpgsqlDataSource dataSource, PostgresTexts texts, DatabaseErrors errors, IUnitFaults? faults, CancellationToken closing) : IUnitRunner
{
    private const int MostAttempts = 3;
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(200);

    // Those of ours that keep a transaction open and hear nothing from their process, which is frozen or cut off. The server's
    // own limit does not see one that stopped in the middle of sending.
    private static readonly Statement EndFrozenSessions = new Statement(
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND application_name = current_setting('application_name')
        AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
        AND wait_event_type = 'Client' AND state_change < clock_timestamp() - interval '2 seconds'
        """).Returning();

    private PostgresSession? _session;
    private bool _committing;

    public void Commit(List<WaitingUnit> units)
    {
        var isUsed = _session is not null;
        try
        {
            CommitAll(units);
        }
        catch (Exception error) when (isUsed && !_committing && _session is { IsLost: true } && errors.IsUnavailable(error) && error.InnerException is not TimeoutException)
        {
            // It died while it had nothing to do, or before anything was committed: a new one may well work. Not when the server was silent.
            Reset();
            CommitAll(units);
        }
    }

    public void Reset()
    {
        var session = _session;
        _session = null;
        session?.Dispose();
    }

    public void Dispose() => Reset();

    private void CommitAll(List<WaitingUnit> units)
    {
        try
        {
            CommitTogether(units);
        }
        catch (PostgresException error) when (PostgresErrors.IsConflict(error))
        {
            // One of them is in the way of somebody who is in the way of another one; alone none of them is.
            if (error.SqlState is not PostgresErrorCodes.LockNotAvailable || !CommitWithoutFrozen(units))
            {
                units.ForEach(CommitAlone);
            }
        }
    }

    /// <summary>
    /// Ends sessions of frozen processes and tries once more: what one of them held, it holds no longer, and many units alone would take as many commits.
    /// False when the units were still in somebody's way.
    /// </summary>
    private bool CommitWithoutFrozen(List<WaitingUnit> units)
    {
        try
        {
            if (_session!.Send(EndFrozenSessions) is not ([{ Value: > 0L }], null))
            {
                return false;
            }

            CommitTogether(units);
            return true;
        }
        catch (PostgresException error) when (PostgresErrors.IsConflict(error))
        {
            return false;
        }
    }

    private void CommitAlone(WaitingUnit unit)
    {
        for (var attempt = 1; !unit.Result.IsCompleted; attempt++)
        {
            try
            {
                CommitTogether([unit]);
                unit.Complete();
            }
            catch (PostgresException error) when (PostgresErrors.IsConflict(error))
            {
                // Whoever holds the lock is at work with it; its caller may try again, and others need not wait for that.
                if (attempt == MostAttempts || error.SqlState is PostgresErrorCodes.LockNotAvailable)
                {
                    unit.Refused(errors.Unavailable(error));
                    unit.Complete();
                }
            }
        }
    }

    private void CommitTogether(List<WaitingUnit> units)
    {
        _committing = false;
        _session ??= new PostgresSession(dataSource.OpenConnection(), texts);
        var batch = new PostgresBatch(_session);
        if (!batch.Apply(units))
        {
            return;
        }

        faults?.BeforeCommit();
        _committing = true;
        try
        {
            batch.Commit();
        }
        catch (Exception error) when (_session.IsLost && errors.IsUnavailable(error))
        {
            var process = _session.Process;
            Reset();
            AwaitEndOf(batch.Transaction, process);
            throw;
        }
    }

    /// <summary>
    /// The server may have committed, may yet do so, or may have noticed nothing. Until it says which, nobody may read:
    /// what is found would not stay. Callers are not kept waiting for it, see <see cref="UnitWriter"/>.
    /// </summary>
    private void AwaitEndOf(string transaction, int process)
    {
        // Under this number it may be another process by now.
        var end = new Statement(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid = @process AND backend_xid = CAST(CAST(@transaction AS xid8) AS xid)",
            ("@process", process), ("@transaction", transaction)).Returning();
        var status = new Statement("SELECT pg_xact_status(CAST(@transaction AS xid8))", ("@transaction", transaction)).Returning();
        while (!closing.IsCancellationRequested)
        {
            try
            {
                using var session = new PostgresSession(dataSource.OpenConnection(), texts);
                var (answers, error) = session.Send(end, status);

                // Another server has taken over, and never heard of it.
                if (error is { SqlState: PostgresErrorCodes.InvalidParameterValue } || answers is [_, { Value: not "in progress" }])
                {
                    return;
                }
            }
            catch (Exception error) when (errors.IsUnavailable(error))
            {
                errors.Unavailable(error);
            }

            closing.WaitHandle.WaitOne(AskAgainAfter);
        }
    }
}
