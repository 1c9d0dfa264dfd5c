namespace Loopwave.Api.Cluster;

/// <summary>Whether this process has a connection to any silo.</summary>
internal sealed class ClusterConnection : IClusterConnectionStatusObserver
{
    private volatile bool _isThere;

    public bool IsThere => _isThere;

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered) =>
        _isThere = currentNumberOfGateways > 0;

    public void NotifyClusterConnectionLost() => _isThere = false;
}
