using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Loopwave.Deploy;

/// <summary>The files of the repository by which a cluster is built and started, as they stand there.</summary>
internal static partial class DeployFiles
{
    public static string Root { get; } = FindRoot();

    public static YamlMappingNode Compose { get; } = Documents("docker-compose.yml").Single();

    /// <summary>Every object of the manifests, the template of the secret among them.</summary>
    public static IReadOnlyList<YamlMappingNode> Manifests { get; } = [.. YamlFiles("deploy/kubernetes").SelectMany(Documents)];

    /// <summary>The rules by which Prometheus calls somebody.</summary>
    public static YamlMappingNode Alerts { get; } = Documents("deploy/prometheus/alerts.yaml").Single();

    public static IEnumerable<string> Dockerfiles => Directory.EnumerateFiles(Path.Combine(Root, "deploy/docker"), "*.Dockerfile").Order();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The instructions of a Dockerfile, one a line, without comments.</summary>
    public static IReadOnlyList<string> Instructions(string dockerfile) =>
    [
        .. Continuation().Replace(File.ReadAllText(dockerfile), " ").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'),
    ];

    public static IEnumerable<KeyValuePair<string, YamlMappingNode>> Services =>
        Map(Compose, "services").Children.Select(service => KeyValuePair.Create(Text(service.Key), (YamlMappingNode)service.Value));

    /// <summary>Every pod's containers.</summary>
    public static IEnumerable<YamlMappingNode> Containers =>
        Manifests.Where(manifest => Kind(manifest) is "Deployment").SelectMany(
            deployment => (YamlSequenceNode)Map(deployment, "spec", "template", "spec").Children["containers"]).Cast<YamlMappingNode>();

    public static string Kind(YamlMappingNode manifest) => Text(manifest.Children["kind"]);

    public static string Text(YamlNode node) => ((YamlScalarNode)node).Value ?? "";

    public static YamlMappingNode Map(YamlMappingNode node, params string[] path) =>
        path.Aggregate(node, (one, key) => (YamlMappingNode)one.Children[key]);

    private static IEnumerable<string> YamlFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.yaml").Order().Select(path => Path.GetRelativePath(Root, path));

    private static IEnumerable<YamlMappingNode> Documents(string path)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Read(path)));
        return yaml.Documents.Select(document => Merged((YamlMappingNode)document.RootNode));
    }

    // Compose files say what services have in common by merging maps ("<<"); what a map says itself wins.
    private static YamlMappingNode Merged(YamlMappingNode map)
    {
        var own = map.Children.Where(entry => Text(entry.Key) is not "<<");
        var common = map.Children.TryGetValue("<<", out var from) ? Merged((YamlMappingNode)from) : new YamlMappingNode();
        return new(own.Concat(common.Children).DistinctBy(entry => Text(entry.Key)).Select(entry => KeyValuePair.Create(entry.Key, Merged(entry.Value))));
    }

    private static YamlNode Merged(YamlNode node) => node switch
    {
        YamlMappingNode map => Merged(map),
        YamlSequenceNode list => new YamlSequenceNode(list.Select(Merged)),
        _ => node,
    };

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Loopwave.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The solution is not above the tests.");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continuation();
}
