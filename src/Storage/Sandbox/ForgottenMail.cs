using Loopwave.Storage.Sql;

namespace Loopwave.Storage.Sandbox;

/// <summary>
/// Gathers the mail that numbers acknowledge. Nobody waits for one acknowledgement to be written, and there are several
/// for each message, so while one unit of them is under way the next one fills.
/// </summary>
internal sealed class ForgottenMail(ISqlDatabase database, SandboxSql sql)
{
    // Not a number's: it gathers those of all.
    private const string Key = "forgotten mail";

    private readonly Lock _gate = new();
    private Gathering _next = new();
    private bool _writing;

    /// <summary>Ends when these are written.</summary>
    public Task Add(IReadOnlyList<long> orders, DateTimeOffset at)
    {
        Task written;
        lock (_gate)
        {
            _next.Orders.AddRange(orders);
            _next.At = at;
            written = _next.Written.Task;
            if (_writing)
            {
                return written;
            }

            _writing = true;
        }

        _ = WriteAll();
        return written;
    }

    /// <summary>Writes what has gathered so far, behind everything that was given to the database before.</summary>
    public async Task Write()
    {
        var gathered = Take();
        if (gathered.Orders.Count == 0)
        {
            await database.Settle(Key);
            gathered.Written.SetResult();
            return;
        }

        await Write(gathered);
        await gathered.Written.Task;
    }

    private async Task WriteAll()
    {
        while (MoreToWrite())
        {
            await Write(Take());
        }
    }

    private bool MoreToWrite()
    {
        lock (_gate)
        {
            return _writing = _next.Orders.Count > 0;
        }
    }

    private Gathering Take()
    {
        lock (_gate)
        {
            var gathered = _next;
            _next = new();
            return gathered;
        }
    }

    private async Task Write(Gathering gathered)
    {
        (string, object?)[] parameters = [("@orders", database.Dialect.NumberList(gathered.Orders)), ("@at", Rows.Ticks(gathered.At))];
        try
        {
            await database.Run(new Unit(
                [new(sql.DeleteForgotten, parameters), new(sql.MarkForgotten, parameters)], Key));
            gathered.Written.SetResult();
        }
        catch (Exception error)
        {
            gathered.Written.SetException(error);
        }
    }

    private sealed class Gathering
    {
        public List<long> Orders { get; } = [];
        public DateTimeOffset At { get; set; }
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
