using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;
using static Loopwave.Deploy.DeployFiles;

namespace Loopwave.Deploy;

/// <summary>Series that the dashboard or an alert asks Prometheus for.</summary>
/// <param name="Labels">Those it filters or groups by.</param>
/// <param name="Values">What it filters by, of each label.</param>
internal sealed partial record WatchedSeries(string Metric, IReadOnlySet<string> Labels, IReadOnlyList<(string Label, string Value)> Values)
{
    // Prometheus adds it to all that it scrapes.
    private const string Scraped = "instance";

    public static JsonNode Dashboard { get; } = JsonNode.Parse(Read("deploy/grafana/loopwave.json"))!;

    public static IReadOnlyList<YamlMappingNode> Rules { get; } =
        [.. ((YamlSequenceNode)Alerts.Children["groups"]).SelectMany(group => (YamlSequenceNode)group["rules"]).Cast<YamlMappingNode>()];

    public static IReadOnlyList<WatchedSeries> OfDashboard { get; } =
        [.. Dashboard["panels"]!.AsArray().SelectMany(panel => panel!["targets"]!.AsArray()).SelectMany(target => Of(target!["expr"]!.GetValue<string>()))];

    public static IEnumerable<WatchedSeries> OfAlert(YamlMappingNode rule) => Of(Text(rule.Children["expr"]));

    /// <summary>All that a PromQL expression asks for.</summary>
    public static IEnumerable<WatchedSeries> Of(string expression)
    {
        // By a label goes what is in the parentheses behind it.
        var groups = Grouping().Matches(expression);
        var asked = GroupedBy().Replace(expression, by => new string(' ', by.Length));
        foreach (Match series in Selector().Matches(asked))
        {
            var by = groups.Where(group => group.Groups["of"] is var of && of.Index <= series.Index && series.Index < of.Index + of.Length)
                .SelectMany(group => group.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries));
            var filters = Filter().Matches(series.Groups["filters"].Value);
            yield return new WatchedSeries(
                series.Groups["metric"].Value,
                by.Concat(filters.Select(filter => filter.Groups["label"].Value)).Where(label => label is not Scraped).ToHashSet(),
                [.. filters.SelectMany(filter => ValuesOf(filter).Select(value => (filter.Groups["label"].Value, value)))]);
        }
    }

    // What a person chooses on the dashboard is one of the values it has.
    private static IEnumerable<string> ValuesOf(Match filter) =>
        filter.Groups["value"].Value.Split('|').Where(value => value.Length > 0 && !value.StartsWith('$'));

    [GeneratedRegex(@"by \((?<labels>[^)]*)\) (?<of>\((?>[^()]+|\((?<open>)|\)(?<-open>))*(?(open)(?!))\))")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"by \([^)]*\)")]
    private static partial Regex GroupedBy();

    [GeneratedRegex(@"(?<![\w$])(?<metric>[a-z]\w*_\w+)\b(?!\()(?<filters>\{[^}]*\})?")]
    private static partial Regex Selector();

    [GeneratedRegex(@"(?<label>\w+)(?:=~|!=|=)""(?<value>[^""]*)""")]
    private static partial Regex Filter();
}
