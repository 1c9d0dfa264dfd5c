namespace Loopwave.Api.Cluster;

/// <summary>Whether this process has a connection to any silo, and has been told what the silos can do.</summary>
internal sealed class ClusterConnection(IClusterManifestProvider manifests) : IClusterConnectionStatusObserver
{
    private volatile bool _isThere;

    // After the last silo was gone, one that has just started can be connected to before it has told.
    public bool IsThere => _isThere && manifests.Current.AllGrainManifests.Any(silo => !silo.Grains.IsEmpty);

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered) =>
        _isThere = currentNumberOfGateways > 0;

    public void NotifyClusterConnectionLost() => _isThere = false;
}
