using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>
/// Everything that can die is killed while messages of all kinds, and changes of them, go both ways, and what the network
/// recorded is compared with what was accepted and with what is stored. <c>scripts/crash-real</c> runs it with more of everything.
/// </summary>
public sealed class CrashTests : IAsyncDisposable
{
    private CrashRun? _run;

    // Here and not by a block of the test: what is asserted at the end must not hide what failed before.
    public async ValueTask DisposeAsync()
    {
        if (_run is { } run)
        {
            _run = null;
            await run.DisposeAsync();
        }
    }

    [Fact]
    public async Task Whatever_is_killed_nothing_accepted_or_receipted_is_lost_and_nothing_is_sent_under_two_ids()
    {
        foreach (var seed in Setting("SEEDS", "1").Split(',').Select(int.Parse))
        {
            _run = await CrashRun.Start(new CrashPlan(seed, Number("NUMBERS", 3), Number("OUT", 90), Number("IN", 45), Number("KILLS", 1)));
            await _run.Play();
            await DisposeAsync();
        }
    }

    private static int Number(string name, int standard) =>
        int.Parse(Setting(name, $"{standard}"), System.Globalization.CultureInfo.InvariantCulture);

    private static string Setting(string name, string standard) =>
        Environment.GetEnvironmentVariable("LOOPWAVE_CRASH_REAL_" + name) is { Length: > 0 } value ? value : standard;
}
