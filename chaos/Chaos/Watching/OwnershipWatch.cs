using Npgsql;

namespace Loopwave.Chaos.Watching;

/// <summary>Looks into the cluster's table of owners a few times a second. While the database is away it sees nothing.</summary>
internal sealed class OwnershipWatch(string database, Ownership ownership, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>How exact its times are.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;

    public void Begin() => _watching = Task.Run(() => Watch(_stop.Token));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task Watch(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            do
            {
                await Look(stop);
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task Look(CancellationToken stop)
    {
        try
        {
            await using var connection = new NpgsqlConnection($"{database};Maximum Pool Size=2;Timeout=2;Command Timeout=5");
            await connection.OpenAsync(stop);
            await using var command = new NpgsqlCommand("SELECT number, owner, epoch FROM number_owner", connection);
            var at = clock.GetUtcNow();
            await using var rows = await command.ExecuteReaderAsync(stop);
            while (await rows.ReadAsync(stop))
            {
                ownership.Saw(new(at, rows.GetString(0), rows.IsDBNull(1) ? null : SiloOf(rows.GetString(1)), rows.GetInt64(2)));
            }
        }
        catch (NpgsqlException) when (!stop.IsCancellationRequested)
        {
            // Away, as it may be told to be.
        }
    }

    // 127.0.0.1:11111@1234567/key: the silo, the time of its start, and one of its leases.
    private static string SiloOf(string incarnation) => incarnation[..incarnation.IndexOf('@', StringComparison.Ordinal)];
}
