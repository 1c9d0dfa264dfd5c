using Loopwave.Chaos.Cluster;

namespace Loopwave.Chaos.Faults;

/// <summary>Somebody else uses the cores.</summary>
internal sealed class BusyMachine(TimeSpan length) : IFault
{
    public string Id => "F18";

    public string Name => $"{Environment.ProcessorCount} busy threads for {length.TotalSeconds:0} s";

    public TimeSpan? Length => length;

    public Task Strike(ChaosCluster cluster)
    {
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            new Thread(Spin) { IsBackground = true }.Start();
        }

        return Task.CompletedTask;
    }

    private void Spin()
    {
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < length;)
        {
            Thread.SpinWait(10_000);
        }
    }
}
