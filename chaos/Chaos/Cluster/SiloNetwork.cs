using System.Diagnostics;
using System.Net;

namespace Loopwave.Chaos.Cluster;

/// <summary>
/// A network namespace for each silo, on a bridge of this machine, so that packets between two of them, or of one of them, can be
/// dropped. Needs root, iproute2 and nftables. It is taken down when this process ends, however it ends.
/// </summary>
internal sealed class SiloNetwork : IAsyncDisposable
{
    private const string Table = "inet loopwave_chaos";
    private static readonly string[] Programs = ["ip", "nft", "nsenter"];

    private readonly string _name = $"lwc{Environment.ProcessId}";
    private readonly string _subnet = $"10.213.{Environment.ProcessId % 250}";
    private readonly Process _undertaker;

    private SiloNetwork(int silos)
    {
        // A shell waits on a pipe that only we hold open, and cleans up when it ends.
        var names = Enumerable.Range(1, silos);
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"trap '' TERM INT; read -r _; {string.Join("; ", names.Select(silo => $"ip link del {Near(silo)}; ip netns del {NamespaceOf(silo)}"))}; ip link del {_name}"])
        {
            RedirectStandardInput = true, RedirectStandardError = true,
        };
        _undertaker = Process.Start(start)!;
        _undertaker.ErrorDataReceived += (_, _) => { };
        _undertaker.BeginErrorReadLine();
    }

    /// <summary>Where silos reach this machine.</summary>
    public IPAddress Gateway => IPAddress.Parse($"{_subnet}.254");

    /// <summary>Why there can be none here; null where there can.</summary>
    public static string? WhyNot() =>
        !Environment.IsPrivilegedProcess ? "it needs root"
        : Programs.FirstOrDefault(program => !IsThere(program)) is { } missing ? $"{missing} is missing (packages iproute2, nftables and util-linux)"
        : null;

    /// <exception cref="InvalidOperationException">The kernel allows none; the message has its words.</exception>
    public static async Task<SiloNetwork> Create(int silos)
    {
        var network = new SiloNetwork(silos);
        try
        {
            await network.Build(silos);
            return network;
        }
        catch (Exception)
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public string NamespaceOf(int silo) => $"{_name}-{silo}";

    public IPAddress AddressOf(int silo) => IPAddress.Parse($"{_subnet}.{silo}");

    /// <summary>Nothing passes between a silo and an address any more, or only its port where one is named; for good until it heals.</summary>
    public Task Cut(int silo, IPAddress from, int? port = null) => Rules(
        silo, $"ip saddr {from} {(port is null ? "" : $"tcp sport {port}")} drop", $"ip daddr {from} {(port is null ? "" : $"tcp dport {port}")} drop");

    /// <summary>So many of a hundred packets that come from an address are lost.</summary>
    public Task Lose(int silo, IPAddress from, int percent) => Rules(silo, $"ip saddr {from} numgen random mod 100 < {percent} drop", null);

    public Task Heal(int silo) => Nft(silo, $"add table {Table}; delete table {Table}");

    public async ValueTask DisposeAsync()
    {
        _undertaker.StandardInput.Close();
        await _undertaker.WaitForExitAsync();
        _undertaker.Dispose();
    }

    private string Near(int silo) => $"{_name}v{silo}";

    private async Task Build(int silos)
    {
        await Run("ip", "link", "add", _name, "type", "bridge");
        await Run("ip", "addr", "add", $"{Gateway}/24", "dev", _name);
        await Run("ip", "link", "set", _name, "up");
        for (var silo = 1; silo <= silos; silo++)
        {
            var space = NamespaceOf(silo);
            await Run("ip", "netns", "add", space);
            await Run("ip", "link", "add", Near(silo), "type", "veth", "peer", "name", "eth0", "netns", space);
            await Run("ip", "link", "set", Near(silo), "master", _name, "up");
            await Run("ip", "-n", space, "addr", "add", $"{AddressOf(silo)}/24", "dev", "eth0");
            await Run("ip", "-n", space, "link", "set", "eth0", "up");
            await Run("ip", "-n", space, "link", "set", "lo", "up");

            // Whether the kernel has what a partition needs is found out now.
            await Cut(silo, IPAddress.Parse("192.0.2.1"));
            await Heal(silo);
        }
    }

    private async Task Rules(int silo, string input, string? output)
    {
        await Heal(silo);
        await Nft(
            silo,
            $"add table {Table}; add chain {Table} in {{ type filter hook input priority 0; }}; add chain {Table} out {{ type filter hook output priority 0; }}; "
                + $"add rule {Table} in {input}{(output is null ? "" : $"; add rule {Table} out {output}")}");
    }

    private Task Nft(int silo, string commands) => Run("ip", "netns", "exec", NamespaceOf(silo), "nft", commands);

    private static bool IsThere(string program) =>
        new[] { "/usr/sbin", "/sbin", "/usr/bin", "/bin" }.Any(folder => File.Exists(Path.Combine(folder, program)));

    private static async Task Run(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', start.ArgumentList)} ended with code {process.ExitCode}: {await output}{await errors}");
        }
    }
}
