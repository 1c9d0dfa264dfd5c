namespace Loopwave.Testing;

/// <summary>One cluster for all tests of a class: each of them has numbers, phones and chats of its own.</summary>
public sealed class SharedCluster : IAsyncDisposable
{
    private LoopwaveCluster? _cluster;

    /// <summary>The cluster, started by the first test that asks.</summary>
    public async Task<LoopwaveCluster> Get() => _cluster ??= await LoopwaveCluster.Start();

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}
