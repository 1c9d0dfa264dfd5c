using System.Text.RegularExpressions;
using Loopwave.Testing;
using Xunit;
using static Loopwave.Deploy.DeployFiles;

namespace Loopwave.Deploy;

/// <summary>Dashboard, alerts and their page speak of the metrics that the code defines, and of all of them.</summary>
public partial class WatchingTests
{
    private static readonly string Page = Read("docs/operations/metrics.md");

    [Fact]
    public void The_page_has_every_metric_with_its_type_and_unit_and_no_other()
    {
        var rows = Row().Matches(Page).ToDictionary(row => row.Groups["name"].Value, row => (row.Groups["type"].Value, row.Groups["unit"].Value));

        Assert.Equal(DefinedMetrics.All.ToDictionary(metric => metric.Key, metric => (metric.Value.Type, Unit(metric.Value.Unit))), rows);
    }

    [Fact]
    public void A_metric_is_named_as_Prometheus_names_its_type_and_unit_and_says_what_it_is()
    {
        foreach (var (name, metric) in DefinedMetrics.All)
        {
            Assert.Matches("^loopwave_[a-z_]+$", name);
            Assert.Equal(metric.Type is "counter", name.EndsWith("_total", StringComparison.Ordinal));
            Assert.Equal(metric.Unit is "s", name.EndsWith("_seconds", StringComparison.Ordinal));
            Assert.EndsWith(".", metric.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_dashboard_shows_every_metric_and_no_other()
    {
        var panels = WatchedSeries.Dashboard["panels"]!.AsArray();

        Assert.Equal(DefinedMetrics.All.Keys.Order(), Ours(WatchedSeries.OfDashboard).Distinct().Order());
        Assert.Equal(panels.Count, panels.Select(panel => panel!["id"]!.GetValue<int>()).Distinct().Count());
        Assert.All(panels, panel => Assert.False(string.IsNullOrEmpty(panel!["description"]?.GetValue<string>())));
    }

    [Fact]
    public void An_alert_is_about_metrics_that_there_are_and_says_what_to_do()
    {
        Assert.True(WatchedSeries.Rules.Count >= 10);
        foreach (var rule in WatchedSeries.Rules)
        {
            var metrics = Ours(WatchedSeries.OfAlert(rule)).ToList();
            Assert.NotEmpty(metrics);
            Assert.Equal([], metrics.Except(DefinedMetrics.All.Keys));
            Assert.Matches("^[1-9][0-9]*m$", Text(rule.Children["for"]));
            Assert.Contains(Text(Map(rule, "labels").Children["severity"]), new[] { "warning", "critical" });
            Assert.EndsWith(".", Text(Map(rule, "annotations").Children["summary"]), StringComparison.Ordinal);
            Assert.EndsWith(".", Text(Map(rule, "annotations").Children["description"]), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("max(loopwave_outbox_events)", "loopwave_outbox_events", "", "")]
    [InlineData("sum by (a, b_c) (rate(x_total{d=~\"one|two\",e!=\"$f\"}[$__rate_interval])) * 60", "x_total", "a b_c d e", "d=one d=two")]
    [InlineData("sum by (a) (increase(x_total[15m])) > scalar(clamp_min(0.1 * sum(y_all), 3))", "x_total y_all", "a", "")]
    public void An_expression_is_read_as_Prometheus_reads_it(string expression, string metrics, string labels, string values)
    {
        var series = WatchedSeries.Of(expression).ToList();

        Assert.Equal(metrics, string.Join(' ', series.Select(one => one.Metric)));
        Assert.Equal(labels, string.Join(' ', series[0].Labels.Order()));
        Assert.Equal(values, string.Join(' ', series[0].Values.Select(one => $"{one.Label}={one.Value}")));
        Assert.All(series.Skip(1), other => Assert.Empty(other.Labels));
    }

    [Fact]
    public void The_page_names_every_alert_and_no_other() =>
        Assert.Equal(WatchedSeries.Rules.Select(rule => Text(rule.Children["alert"])).Order(), Alert().Matches(Page).Select(alert => alert.Groups[1].Value).Distinct().Order());

    // The series of a histogram have names of their own.
    private static IEnumerable<string> Ours(IEnumerable<WatchedSeries> watched) => watched.Select(series => series.Metric)
        .Where(name => name.StartsWith("loopwave_", StringComparison.Ordinal))
        .Select(name => DefinedMetrics.All.ContainsKey(name) ? name : Part().Replace(name, ""));

    private static string Unit(string unit) => unit is "s" ? "seconds" : unit.Trim('{', '}') + "s";

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex Part();

    [GeneratedRegex(@"^\| `(?<name>loopwave_\w+)` \| (?<type>\w+) \| (?<unit>\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`(Loopwave[A-Z][A-Za-z]+)`")]
    private static partial Regex Alert();
}
