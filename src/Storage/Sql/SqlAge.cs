using Loopwave.Deployment;

namespace Loopwave.Storage.Sql;

/// <summary>
/// Removes the rows of a table that are over, some for each new one, so that it needs no sweeping and stays as large as its time.
/// It is no part of a commit: a database that cannot clean up what was removed, as while it is backed up, steps over all of that
/// to find the oldest row. Here it does so once, since each time begins where the one before ended.
/// </summary>
/// <param name="table">One with a column <c>at</c> that has an index.</param>
/// <param name="key">The columns of its primary key.</param>
internal sealed class SqlAge(ISqlDatabase database, string table, string key)
{
    private const int RowsPerTime = 100;

    private int _new;
    private long _from = long.MinValue;

    /// <summary>Rows were added; each takes two of up to this time with it. A failure is nobody's: the next time removes them.</summary>
    public async Task Added(int rows, DateTimeOffset upTo)
    {
        var added = Interlocked.Add(ref _new, rows);
        if (rows == 0 || added < RowsPerTime || Interlocked.CompareExchange(ref _new, 0, added) != added)
        {
            return;
        }

        try
        {
            var from = Interlocked.Read(ref _from);
            var last = (await database.Query(
                new Statement(
                    $"SELECT max(at) FROM (SELECT at FROM {table} WHERE at > @from AND at <= @old ORDER BY at LIMIT @most) AS oldest",
                    ("@from", from), ("@old", Rows.Ticks(upTo)), ("@most", 2L * added)),
                row => row.IsDBNull(0) ? from : row.GetInt64(0))).Single();
            if (last > from)
            {
                await database.Run(new Unit([new Statement(
                    $"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE at > @from AND at <= @last{database.Dialect.LockedOrLeft})",
                    ("@from", from), ("@last", last))]));
                Interlocked.Exchange(ref _from, last);
            }
        }
        catch (StorageUnavailableException)
        {
            // The commits that the rows came with are stored.
        }
    }
}
