using Loopwave.Processes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>An engine host that dies takes nothing with it but the connections of its numbers, for a moment.</summary>
public sealed class LostHostTests : IAsyncLifetime
{
    private static readonly TimeSpan ConnectInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ToldWithin = TimeSpan.FromSeconds(2);

    // The longest delay before the first attempt, and the start of another host with its log-in on a busy machine.
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(8);

    private readonly Deployment _deployment = new() { Settings = { ["ENGINE_HOSTS"] = "2", ["Numbers__ConnectInterval"] = $"{ConnectInterval}" } };

    public ValueTask InitializeAsync() => _deployment.InitializeAsync();

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();

    [Fact]
    public async Task Numbers_of_a_killed_host_are_disconnected_within_two_seconds_and_back_in_the_time_of_the_connect_budget_and_others_notice_nothing()
    {
        var numbers = new List<string>();
        for (var n = 0; n < 4; n++)
        {
            numbers.Add((await _deployment.LinkedNumber()).Number);
        }

        var before = new Dictionary<string, string>();
        foreach (var number in numbers)
        {
            before[number] = Deployment.Text((await _deployment.Ready(number))["since"]);
        }

        var hosts = _deployment.Process.Children();
        Assert.Equal(2, hosts.Count);
        var killed = TimeProvider.System.GetUtcNow();
        LoopwaveProcess.KillOther(hosts[0]);

        var back = new List<DateTimeOffset>();
        foreach (var number in numbers)
        {
            var timeline = await _deployment.Number(number, view => Deployment.Text(view["status"]) == "ready"
                && (Deployment.Text(view["since"]) != before[number] || TimeProvider.System.GetUtcNow() - killed > TimeSpan.FromSeconds(10)));
            var disconnected = timeline["timeline"]!.AsArray()
                .Where(entry => Deployment.Text(entry!["status"]) == "disconnected")
                .Select(entry => entry!["at"]!.GetValue<DateTimeOffset>()).Where(at => at >= killed - TimeSpan.FromSeconds(1)).ToList();
            if (disconnected.Count > 0)
            {
                back.Add(timeline["since"]!.GetValue<DateTimeOffset>());
                Assert.True(disconnected.Min() - killed < ToldWithin, $"{disconnected.Min() - killed} after the kill");
            }
        }

        Assert.Equal(2, back.Count);
        Assert.True(back.Max() - killed < ToldWithin + Delay + (back.Count * ConnectInterval) + Start, $"back {back.Max() - killed} after the kill");
    }
}
