using System.Globalization;
using Loopwave.Chaos.Scenarios;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>The chaos run in small, with a fixed seed. <c>scripts/chaos</c> plays it large.</summary>
public sealed class SmokeTests(ITestOutputHelper output)
{
    private static readonly ChaosPlan Small = new()
    {
        Scenario = "smoke", Seed = 1, SandboxNumbers = 20, EmulatedNumbers = 4, SendsPerSecond = 15, InboundPerSecond = 8, Calm = TimeSpan.Zero,
    };

    [Fact]
    public async Task Silos_the_database_and_acknowledgements_that_go_missing_lose_double_and_swap_nothing()
    {
        var report = await new ChaosRun(Small, new Smoke(), output.WriteLine, TestContext.Current.CancellationToken).Play();

        using var text = new StringWriter(CultureInfo.InvariantCulture);
        report.Print(text);
        Assert.True(report.IsClean, text.ToString());
        output.WriteLine(text.ToString());
    }
}
