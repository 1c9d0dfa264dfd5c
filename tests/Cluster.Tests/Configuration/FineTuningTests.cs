using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;
using Loopwave.Cluster;
using Xunit;
using static Loopwave.Deploy.DeployFiles;

namespace Loopwave.Configuration;

/// <summary>What operators read of the settings in sections is what the program does.</summary>
public partial class FineTuningTests
{
    [Fact]
    public void Every_setting_on_the_page_is_one_and_has_the_default_that_stands_beside_it()
    {
        var documented = Documented();

        Assert.True(documented.Count > 20);
        Assert.All(documented, setting => Assert.Equal((setting.Key, setting.Value), (setting.Key, Default(setting.Key, setting.Value))));
    }

    [Fact]
    public void Every_setting_of_a_clusters_tuning_is_on_the_page() => Assert.Equal(
        typeof(ClusterTuningOptions).GetProperties().Select(property => $"{ClusterTuningOptions.Section}:{property.Name}").Order(),
        Documented().Keys.Where(key => key.StartsWith(ClusterTuningOptions.Section + ":", StringComparison.Ordinal)).Order());

    // A row has one key or several, each with its default; one whose default is told in words has none here.
    private static Dictionary<string, string> Documented() => Read("docs/operations/configuration.md").Split('\n')
        .Select(line => line.Split(" | ")).Where(cells => cells.Length > 2 && Key().IsMatch(cells[0]))
        .SelectMany(cells => Quoted().Matches(cells[0]).Zip(Quoted().Matches(cells[1]), (key, value) => KeyValuePair.Create(key.Groups[1].Value, value.Groups[1].Value)))
        .ToDictionary();

    // As the page writes it, when it means the same.
    private static string Default(string key, string written)
    {
        var (section, name) = (key.Split(':')[0], key.Split(':')[1]);
        var property = ConfigurationCheck.Sections.Where(one => one.Name == section).Select(one => one.Options.GetProperty(name)).Single(one => one is not null)!;
        var value = property.GetValue(Activator.CreateInstance(property.DeclaringType!))!;
        var read = TypeDescriptor.GetConverter(property.PropertyType).ConvertFromString(null, CultureInfo.InvariantCulture, written);
        return value.Equals(read) ? written : Convert.ToString(value, CultureInfo.InvariantCulture)!;
    }

    [GeneratedRegex(@"^\| `\w+:\w+`")]
    private static partial Regex Key();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
