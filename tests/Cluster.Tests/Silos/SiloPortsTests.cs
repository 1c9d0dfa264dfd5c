using System.Globalization;
using System.Net;
using Loopwave.Processes;
using Npgsql;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>No two silos are one at the same port, whoever of them was there first.</summary>
public sealed class SiloPortsTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly int _port = LoopwaveDeployment.FreePort();
    private ClusterDeployment _deployment = null!;

    public async ValueTask InitializeAsync()
    {
        _deployment = await ClusterDeployment.Create();
    }

    public ValueTask DisposeAsync()
    {
        output.WriteLine(LogErrors.Of(_deployment.LogFolders));
        return _deployment.DisposeAsync();
    }

    [Theory]
    [InlineData("SILO_PORT", "127.0.0.1")]
    [InlineData("SILO_PORT", null)]
    [InlineData("GATEWAY_PORT", "127.0.0.1")]
    [InlineData("GATEWAY_PORT", null)]
    public async Task A_silo_whose_port_another_one_has_is_refused_before_the_cluster_hears_of_it(string setting, string? address)
    {
        _deployment.Settings["SILO_ADDRESS"] = address;
        _deployment.Settings[setting] = $"{_port}";
        var first = await _deployment.StartSilo(1);

        var second = _deployment.LaunchSilo(2);

        Assert.Equal(2, await second.Exit());
        Assert.Equal(Sentence(setting), second.Output.TrimEnd());
        Assert.Equal(1, await Members());
        using var ready = await first.Http.GetAsync("/api/health/ready", Token);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    [Theory]
    [InlineData("SILO_PORT")]
    [InlineData("GATEWAY_PORT")]
    public async Task Of_two_silos_that_join_at_one_port_at_once_one_is_refused(string setting)
    {
        _deployment.Settings[setting] = $"{_port}";
        await _deployment.Postgres.Kill();
        LoopwaveProcess[] silos = [_deployment.LaunchSilo(1), _deployment.LaunchSilo(2)];
        await Task.WhenAll(silos.Select(IsAlive));

        await _deployment.Postgres.Go();

        var ends = silos.Select(silo => silo.Exit()).ToArray();
        var refused = silos[Array.IndexOf(ends, await Task.WhenAny(ends))];
        var joins = silos.Single(silo => silo != refused);
        Assert.Equal(2, await refused.Exit());
        Assert.Contains(Sentence(setting), refused.Output, StringComparison.Ordinal);
        await joins.Ready();
        Assert.Equal(1, await Members());
    }

    [Fact]
    public async Task A_killed_silo_starts_again_at_once_at_the_ports_it_had()
    {
        var silo = await _deployment.StartSilo(1);
        await _deployment.StartSilo(2);
        await _deployment.StartApi(1);

        await silo.Kill();

        // Its connections are not over for the others, and for the system, when it starts.
        await _deployment.StartSilo(1);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Sentence(string setting) => $"Port {_port} is taken by another program. Stop that one, or set {setting} to another port.";

    private async Task<int> Members()
    {
        await using var connection = new NpgsqlConnection(_deployment.Database);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM cluster_member", connection);
        return Convert.ToInt32(await command.ExecuteScalarAsync(Token), CultureInfo.InvariantCulture);
    }

    private static async Task IsAlive(LoopwaveProcess silo)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ; await RealTime.Pass(TimeSpan.FromMilliseconds(50)))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, silo.Output);
            try
            {
                using var health = await silo.Http.GetAsync("/api/health", Token);
                health.EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
        }
    }
}
