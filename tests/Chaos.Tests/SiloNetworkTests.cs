using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Loopwave.Chaos.Cluster;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>Needs root, and the packages that <c>scripts/test</c> installs.</summary>
public sealed class SiloNetworkTests
{
    [Fact]
    public async Task A_silo_reaches_this_machine_unless_the_way_is_cut_and_nothing_is_left_behind()
    {
        Assert.Null(SiloNetwork.WhyNot());
        var network = await SiloNetwork.Create(2);
        var space = network.NamespaceOf(1);
        await using (network)
        {
            using var here = new TcpListener(network.Gateway, 0);
            here.Start();
            var port = ((IPEndPoint)here.LocalEndpoint).Port;
            Assert.True(await Reaches(space, network.Gateway, port));

            await network.Cut(1, network.Gateway, port);
            Assert.False(await Reaches(space, network.Gateway, port));
            await network.Cut(1, network.AddressOf(2));
            Assert.True(await Reaches(space, network.Gateway, port));
            await network.Cut(1, network.Gateway);
            Assert.False(await Reaches(space, network.Gateway, port));
            await network.Heal(1);
            Assert.True(await Reaches(space, network.Gateway, port));
        }

        Assert.False(File.Exists($"/run/netns/{space}"));
        Assert.False(Directory.Exists($"/sys/class/net/{space[..space.LastIndexOf('-')]}"));
    }

    private static async Task<bool> Reaches(string space, IPAddress address, int port)
    {
        using var shell = Process.Start("nsenter", [$"--net=/run/netns/{space}", "timeout", "2", "bash", "-c", $"exec 3<>/dev/tcp/{address}/{port}"]);
        await shell.WaitForExitAsync();
        return shell.ExitCode == 0;
    }
}
