using System.Collections.Immutable;
using System.Reflection;
using System.Threading.Channels;
using Loopwave.Api.Cluster;
using Loopwave.Cluster;
using Loopwave.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orleans.Metadata;
using Xunit;

namespace Loopwave.Api.Tests.Cluster;

/// <summary>What operators see of an API node while it runs, and when it ends.</summary>
public sealed class NodeReporterTests : IDisposable
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _clock = new();
    private readonly Channel<string> _told = Channel.CreateUnbounded<string>();
    private readonly ClusterConnection _connection = new(new OneSilo());
    private readonly NodeReporter _reporter;

    public NodeReporterTests()
    {
        var factory = DispatchProxy.Create<IGrainFactory, OneGrain>();
        ((OneGrain)(object)factory).Grain = new ToldCluster(_told.Writer);
        _connection.NotifyGatewayCountChanged(1, 0, connectionRecovered: true);
        _reporter = new NodeReporter(
            _connection, new ClusterGrains(factory), SettingsReader.Read(new ConfigurationBuilder().Build(), ProcessRole.Standalone, out _),
            new ProcessAlarms(_clock, NullLogger<ProcessAlarms>.Instance), _clock);
    }

    private static string Name => $"{Environment.MachineName}:4000";

    public void Dispose() => _reporter.Dispose();

    [Fact]
    public async Task A_node_says_every_five_seconds_that_it_is_there_and_once_that_it_ends()
    {
        await _reporter.StartAsync(default);
        Assert.Equal($"there {Name}", await Told());
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal($"there {Name}", await Told());

        await _reporter.StoppingAsync(default);
        _clock.Advance(TimeSpan.FromSeconds(60));
        await _reporter.StopAsync(default);

        Assert.Equal($"gone {Name}", await Told());
        Assert.False(_told.Reader.TryRead(out var more), more);
    }

    [Fact]
    public async Task A_node_without_a_silo_ends_without_a_word()
    {
        await _reporter.StartAsync(default);
        Assert.Equal($"there {Name}", await Told());
        _connection.NotifyClusterConnectionLost();

        await _reporter.StoppingAsync(default);

        Assert.False(_told.Reader.TryRead(out var more), more);
    }

    private Task<string> Told() => _told.Reader.ReadAsync().AsTask().WaitAsync(AtOnce);

    private sealed class ToldCluster(ChannelWriter<string> told) : IClusterGrain
    {
        public Task ReportApiNode(ApiNodeView node) => told.WriteAsync($"there {node.Name}").AsTask();

        public Task ForgetApiNode(string name) => told.WriteAsync($"gone {name}").AsTask();

        public Task<ClusterView> Get() => throw new NotSupportedException();

        public Task<Outcome<SiloView>> Drain(string silo, bool drain) => throw new NotSupportedException();

        public Task<Outcome<NumberHome>> Find(string number) => throw new NotSupportedException();

        public Task<Outcome<NumberHome>> Move(string number, string? silo) => throw new NotSupportedException();
    }

    /// <summary>Hands out one grain, whatever is asked for.</summary>
    public class OneGrain : DispatchProxy
    {
        public object? Grain { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Grain;
    }

    private sealed class OneSilo : IClusterManifestProvider
    {
        public ClusterManifest Current { get; } = new(
            MajorMinorVersion.Zero,
            ImmutableDictionary<SiloAddress, GrainManifest>.Empty.Add(
                SiloAddress.Zero,
                new GrainManifest(
                    ImmutableDictionary<GrainType, GrainProperties>.Empty.Add(GrainType.Create("any"), new GrainProperties(ImmutableDictionary.Create<string, string>(StringComparer.Ordinal))),
                    ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties>.Empty)));

        public IAsyncEnumerable<ClusterManifest> Updates => throw new NotSupportedException();

        public GrainManifest LocalGrainManifest => throw new NotSupportedException();
    }
}
