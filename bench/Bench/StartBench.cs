namespace Loopwave.Bench;

/// <summary>How long the built product takes to answer, on new data and on data it has.</summary>
internal static class StartBench
{
    public static async Task Run(Report report)
    {
        await using var deployment = new Deployment();
        var first = await deployment.Start();
        await deployment.Stop();
        var second = await deployment.Start();
        report.Add("First start of the built product, new data", $"{first.TotalSeconds:F1} s");
        report.Add("Second start", $"{second.TotalSeconds:F1} s", "≤ 5 s");
    }
}
