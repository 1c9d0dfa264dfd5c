using Loopwave.Engines;
using Loopwave.Numbers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Loopwave.Testing;

/// <summary>One silo of a cluster.</summary>
public sealed class TestSilo
{
    private readonly SiloLease _lease;

    internal TestSilo(InProcessSiloHandle handle)
    {
        Handle = handle;
        Address = handle.SiloAddress;
        Engine = (FakeEngine)handle.ServiceProvider.GetRequiredService<IEnumerable<IEngine>>().Single(engine => engine is FakeEngine);
        _lease = handle.ServiceProvider.GetRequiredService<SiloLease>();
    }

    public FakeEngine Engine { get; }

    public SiloAddress Address { get; }

    /// <summary>The name of its lease; another one after it lost the right to numbers.</summary>
    public string Incarnation => _lease.Incarnation;

    public IServiceProvider Services => Handle.ServiceProvider;

    internal InProcessSiloHandle Handle { get; }
}
