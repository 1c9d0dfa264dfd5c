using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>
/// Rows that were being prepared when their engine process ended. One of them may be what it ended of, such as a picture that is
/// made to do so, and takes up to 200 numbers along each time: it fails after a few. The others were only there, so from then on
/// each is prepared while no other such row of this silo is, and none of them is there a second time.
/// </summary>
internal sealed partial class NumberGrain
{
    private const int MostHostsEnded = 3;

    private static readonly Cause EndsHosts = new("poison", "WhatsApp's engine ended while it prepared the message.");

    // By the sequence of the row: how often that happened.
    private readonly Dictionary<long, int> _suspects = [];

    private Task HostEnded(QueueItem item, Exception exception)
    {
        foreach (var gone in _suspects.Keys.Where(sequence => _queue.Find(sequence) is null).ToList())
        {
            _suspects.Remove(gone);
        }

        var times = _suspects[item.Sequence] = _suspects.GetValueOrDefault(item.Sequence) + 1;

        // Across restarts the failures in the row are the bound.
        return Failed(item, exception, times >= MostHostsEnded ? 0 : MostUnavailable, EndsHosts);
    }

    private async Task<Built> BuildApart(QueueItem item, Connection connection)
    {
        if (!_suspects.ContainsKey(item.Sequence))
        {
            return await Build(item);
        }

        await context.Suspects.WaitAsync();
        try
        {
            if (_connection?.Id != connection.Id)
            {
                throw new EngineException(EngineError.NotConnected, "The connection went meanwhile.");
            }

            var built = await Build(item);
            _suspects.Remove(item.Sequence);
            return built;
        }
        finally
        {
            context.Suspects.Release();
        }
    }
}
