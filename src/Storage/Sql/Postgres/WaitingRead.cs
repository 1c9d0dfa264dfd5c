using System.Data.Common;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>A query, and the caller who waits for what it finds.</summary>
internal abstract class WaitingRead(Statement query)
{
    public Statement Query => query;

    /// <summary>The caller was told, or waits no longer.</summary>
    public abstract bool IsOver { get; }

    /// <summary>Takes the rows of its result; what its reader makes of them is its caller's affair alone.</summary>
    public abstract void Take(DbDataReader reader);

    public abstract void Fail(Exception error);
}

/// <inheritdoc/>
internal sealed class WaitingRead<T>(Statement query, Func<DbDataReader, T> row) : WaitingRead(query)
{
    private readonly TaskCompletionSource<List<T>> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<List<T>> Result => _result.Task;

    public override bool IsOver => _result.Task.IsCompleted;

    public override void Take(DbDataReader reader)
    {
        var rows = new List<T>();
        Exception? unreadable = null;
        while (reader.Read())
        {
            try
            {
                rows.Add(row(reader));
            }
            catch (Exception error) when (error is not (DbException or IOException))
            {
                unreadable ??= error;
            }
        }

        if (unreadable is null)
        {
            _result.TrySetResult(rows);
        }
        else
        {
            _result.TrySetException(unreadable);
        }
    }

    public override void Fail(Exception error) => _result.TrySetException(error);
}
