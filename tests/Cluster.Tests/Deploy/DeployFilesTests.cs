using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Loopwave.Configuration;
using Xunit;
using YamlDotNet.RepresentationModel;
using static Loopwave.Deploy.DeployFiles;

namespace Loopwave.Deploy;

/// <summary>What a machine without a container engine can tell about the files that start a cluster.</summary>
public partial class DeployFilesTests
{
    private static readonly string[] Secrets = ["POSTGRES_URI", "POSTGRES_PASSWORD", "MONGODB_PASSWORD", "MONGO_INITDB_ROOT_PASSWORD", "CREDENTIALS_KEY", "JWT_SECRET", "ADMIN_PASSWORD", "MEDIA_S3_SECRET_KEY"];

    private static readonly string Documented = Read("docs/operations/configuration.md") + Read(".env.example");

    public static TheoryData<string> DockerfileNames => [.. Dockerfiles.Select(path => Path.GetFileName(path))];

    [Fact]
    public void A_service_and_a_pod_are_given_documented_settings_only()
    {
        var ownedByImages = new HashSet<string> { "POSTGRES_USER", "POSTGRES_DB", "MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD" };
        var given = Environments().SelectMany(environment => environment.Keys).ToHashSet();

        Assert.Superset(new HashSet<string> { "POSTGRES_URI", "SILO_ADDRESS", "CREDENTIALS_KEY", "TRUSTED_PROXIES", "WEB_ORIGIN" }, given);
        Assert.Equal([], given.Except(ownedByImages).Where(key => !IsDocumented(key)));
    }

    [Fact]
    public void A_compose_file_asks_the_operator_for_documented_values_only()
    {
        var asked = Asked().Matches(Read("docker-compose.yml")).Select(match => match.Groups["key"].Value).ToHashSet();

        Assert.Contains("POSTGRES_PASSWORD", asked);
        Assert.Equal([], asked.Where(key => !IsDocumented(key)));
    }

    [Fact]
    public void No_secret_has_a_value_or_a_default()
    {
        foreach (var environment in Environments())
        {
            foreach (var (key, value) in environment.Where(one => Secrets.Contains(one.Key)))
            {
                var left = Asked().Replace(value, match => match.Groups["default"].Value);
                Assert.True(left is "" or "postgresql://loopwave:@postgres:5432/loopwave", $"{key} has a value.");
            }
        }

        foreach (var line in Read(".env.example").Split('\n').Where(line => Secrets.Any(secret => line.Contains(secret + "=", StringComparison.Ordinal))))
        {
            Assert.Matches("^#(POSTGRES_URI=postgresql://user:password@host:5432/database|[A-Z0-9_]+=)$", line);
        }
    }

    [Fact]
    public void A_compose_file_refuses_to_start_without_its_secrets()
    {
        foreach (var (name, service) in Services.Where(service => service.Key.StartsWith("silo-", StringComparison.Ordinal)))
        {
            var environment = Settings(Map(service, "environment"));
            Assert.All(["POSTGRES_URI", "CREDENTIALS_KEY", "JWT_SECRET"], key => Assert.True(environment[key].Contains(":?", StringComparison.Ordinal), $"{name} starts without {key}."));
        }
    }

    [Fact]
    public void Only_silos_have_the_key_of_the_credentials()
    {
        Assert.All(Services.Where(service => !service.Key.StartsWith("silo-", StringComparison.Ordinal)), service => Assert.DoesNotContain("CREDENTIALS_KEY", service.Value.ToString()));
        Assert.DoesNotContain("CREDENTIALS_KEY", Container("api").ToString());
        Assert.Contains("CREDENTIALS_KEY", Container("silo").ToString());
    }

    [Fact]
    public void Every_image_has_a_fixed_version()
    {
        var ours = new Regex(@"^loopwave-(silo|api):");
        var images = Services.Select(service => Asked().Replace(Text(service.Value.Children["image"]), match => match.Groups["default"].Value))
            .Concat(Containers.Select(container => Text(container.Children["image"])))
            .Concat(Dockerfiles.SelectMany(Instructions).Where(line => line.StartsWith("ARG ", StringComparison.Ordinal)).Select(line => line.Split('=')[1]))
            .ToList();

        Assert.Equal(17, images.Count);
        Assert.All(images, image => Assert.Matches(@":\d+\.\d+[\w.-]*$", image));
        Assert.All(images.Where(image => ours.IsMatch(image)), image => Assert.EndsWith($":{ProductVersion()}", image, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_service_and_pod_has_a_health_check()
    {
        Assert.Equal(7, Services.Count());
        Assert.All(Services, service => Assert.NotEmpty((YamlSequenceNode)Map(service.Value, "healthcheck").Children["test"]));
        Assert.Equal(2, Containers.Count());
        Assert.All(
            Containers.SelectMany(container => new[] { "startupProbe", "livenessProbe", "readinessProbe" }, (container, probe) => Map(container, probe, "httpGet")),
            probe => Assert.StartsWith("/api/health", Text(probe.Children["path"]), StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_restarted_for_what_a_restart_cannot_mend()
    {
        Assert.All(Containers, container => Assert.Equal("/api/health", Text(Map(container, "livenessProbe", "httpGet").Children["path"])));
        Assert.All(Dockerfiles, dockerfile => Assert.Contains(Instructions(dockerfile), line => line.EndsWith("CMD [\"healthy\", \"/api/health\"]", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_silo_has_more_time_to_stop_than_it_takes_to_hand_its_numbers_over()
    {
        const int Ends = 25;
        var silo = (YamlMappingNode)((YamlSequenceNode)Pod("silo").Children["containers"])[0];
        var drain = ((YamlSequenceNode)silo.Children["env"]).Single(setting => Text(setting["name"]) is "DRAIN_SECONDS");
        Assert.True(Seconds(Pod("silo").Children["terminationGracePeriodSeconds"]) >= Seconds(drain["value"]) + Ends);
        Assert.All(
            Services.Where(service => service.Key.StartsWith("silo-", StringComparison.Ordinal)),
            service => Assert.True(Seconds(service.Value.Children["stop_grace_period"]) >= Seconds(Map(service.Value, "environment").Children["DRAIN_SECONDS"]) + Ends));
    }

    [Fact]
    public void An_api_node_has_more_time_to_stop_than_it_takes_to_answer()
    {
        var stops = (int)new ApiOptions().DrainFor.TotalSeconds + 30;
        const int PreStop = 5;
        Assert.True(Seconds(Pod("api").Children["terminationGracePeriodSeconds"]) >= PreStop + stops);
        Assert.All(
            Services.Where(service => service.Key.StartsWith("api-", StringComparison.Ordinal)),
            service => Assert.True(Seconds(service.Value.Children["stop_grace_period"]) >= stops));
    }

    [Fact]
    public void Silos_are_reached_from_inside_only()
    {
        Assert.Equal(["proxy"], Services.Where(service => service.Value.Children.ContainsKey("ports")).Select(service => service.Key));
        Assert.DoesNotContain("inside", Map(Compose, "services", "proxy").Children["networks"].ToString(), StringComparison.Ordinal);

        var silo = Policy("silo");
        var rules = ((YamlSequenceNode)silo.Children["ingress"]).Cast<YamlMappingNode>().Select(
            rule => (From: Component(Map((YamlMappingNode)rule.Children["from"][0], "podSelector")), Port: Text(rule.Children["ports"][0]["port"]))).ToList();
        Assert.Equal([("silo", "11111"), ("api", "30000")], rules);
    }

    [Fact]
    public void Metrics_are_read_from_inside_only()
    {
        Assert.Contains("location ~* ^/metrics/*$ {\n  return 404;\n}", Read("deploy/nginx/locations.conf"), StringComparison.Ordinal);

        var ports = Containers.Select(container => ((YamlSequenceNode)container.Children["ports"]).Single(port => Text(port["name"]) is "http")).Select(port => Text(port["containerPort"])).Order();
        var scraped = Manifests.Where(manifest => Kind(manifest) is "Deployment").Select(deployment => Settings(Map(deployment, "spec", "template", "metadata", "annotations"))).ToList();
        Assert.Equal(ports, scraped.Select(annotations => annotations["prometheus.io/port"]).Order());
        Assert.All(scraped, annotations => Assert.Equal(("true", "/metrics"), (annotations["prometheus.io/scrape"], annotations["prometheus.io/path"])));

        var rule = (YamlMappingNode)Assert.Single((YamlSequenceNode)Policy("metrics").Children["ingress"]);
        Assert.Equal(ports, ((YamlSequenceNode)rule.Children["ports"]).Select(port => Text(port["port"])).Order());
        Assert.Contains("podSelector", rule.Children["from"].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_edge_takes_the_largest_upload_and_repeats_no_post()
    {
        var largest = long.Parse(MaxMediaBytes().Match(Read("docs/operations/configuration.md")).Groups[1].Value, CultureInfo.InvariantCulture);
        const int Form = 64 * 1024;
        var locations = Read("deploy/nginx/locations.conf");
        var ingress = Map(Manifests.Single(manifest => Kind(manifest) is "Ingress"), "metadata", "annotations");

        var limits = new[] { BodySize().Match(locations).Groups[1].Value, Text(ingress.Children["nginx.ingress.kubernetes.io/proxy-body-size"]).TrimEnd('m') };
        Assert.All(limits, limit => Assert.InRange(long.Parse(limit, CultureInfo.InvariantCulture) * 1024 * 1024, largest + Form, largest * 2));
        Assert.All(
            [NextUpstream().Match(locations).Groups[1].Value, Text(ingress.Children["nginx.ingress.kubernetes.io/proxy-next-upstream"])],
            cases => Assert.Equal("error timeout http_502 http_503", cases));
    }

    [Theory]
    [MemberData(nameof(DockerfileNames))]
    public void An_image_runs_as_a_fixed_user_without_rights(string dockerfile)
    {
        var last = Instructions(Path.Combine(Root, "deploy/docker", dockerfile)).Last(line => line.StartsWith("USER ", StringComparison.Ordinal));

        Assert.Equal("USER 1654:1654", last);
        Assert.All(Containers, container => Assert.Equal("false", Text(Map(container, "securityContext").Children["allowPrivilegeEscalation"])));
    }

    [Theory]
    [MemberData(nameof(DockerfileNames))]
    public void An_image_restores_every_project_that_it_publishes_from_its_lock_file(string dockerfile)
    {
        var name = dockerfile[..dockerfile.IndexOf('.', StringComparison.Ordinal)];
        var instructions = Instructions(Path.Combine(Root, "deploy/docker", dockerfile));
        var copied = instructions.Select(line => ProjectCopy().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value).ToHashSet();
        var needed = Projects($"src/{name}");

        Assert.Contains($"RUN dotnet restore src/{name} --locked-mode --use-current-runtime -p:PublishReadyToRun=true", instructions);
        Assert.Contains(
            $"RUN dotnet publish src/{name} --no-restore --use-current-runtime --no-self-contained -p:PublishReadyToRun=true --configuration Release --output /app -p:UseAppHost=false",
            instructions);
        Assert.Contains($"ENTRYPOINT [\"tini\", \"--\", \"dotnet\", \"Loopwave.{name}.dll\"]", instructions);
        Assert.Equal([], needed.Except(copied));
    }

    private static IEnumerable<Dictionary<string, string>> Environments() =>
    [
        .. Services.Where(service => service.Value.Children.ContainsKey("environment")).Select(service => Settings(Map(service.Value, "environment"))),
        .. Containers.Select(container => ((YamlSequenceNode)container.Children["env"]).Cast<YamlMappingNode>().ToDictionary(
            entry => Text(entry.Children["name"]), entry => entry.Children.TryGetValue("value", out var value) ? Text(value) : "")),
        .. Manifests.Where(manifest => Kind(manifest) is "Secret").Select(secret => Settings(Map(secret, "stringData"))),
        .. Manifests.Where(manifest => Kind(manifest) is "Kustomization").SelectMany(one => (YamlSequenceNode)one.Children["configMapGenerator"]).Select(
            map => ((YamlSequenceNode)map["literals"]).Select(literal => Text(literal).Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1])),
    ];

    private static Dictionary<string, string> Settings(YamlMappingNode map) => map.Children.ToDictionary(entry => Text(entry.Key), entry => Text(entry.Value));

    private static bool IsDocumented(string key) => Regex.IsMatch(Documented, $"(`|^#){key}(`|=)", RegexOptions.Multiline);

    private static YamlMappingNode Container(string name) => Containers.Single(container => Text(container.Children["name"]) == name);

    private static int Seconds(YamlNode node) => int.Parse(Text(node).TrimEnd('s'), CultureInfo.InvariantCulture);

    private static YamlMappingNode Pod(string component) => Map(
        Manifests.Single(manifest => Kind(manifest) is "Deployment" && Text(Map(manifest, "metadata").Children["name"]) == component), "spec", "template", "spec");

    private static YamlMappingNode Policy(string name) =>
        Map(Manifests.Single(manifest => Kind(manifest) is "NetworkPolicy" && Text(Map(manifest, "metadata").Children["name"]) == name), "spec");

    private static string Component(YamlMappingNode selector) => Text(Map(selector, "matchLabels").Children["app.kubernetes.io/component"]);

    private static string ProductVersion() => XDocument.Parse(Read("Directory.Build.props")).Descendants("Version").Single().Value;

    private static HashSet<string> Projects(string folder)
    {
        var file = Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj").Single();
        var referenced = XDocument.Load(file).Descendants("ProjectReference")
            .Select(reference => Path.GetRelativePath(Root, Path.GetDirectoryName(Path.GetFullPath(reference.Attribute("Include")!.Value, Path.GetDirectoryName(file)!))!));
        return [Path.GetFileName(folder), .. referenced.SelectMany(Projects)];
    }

    [GeneratedRegex(@"\$\{(?<key>[A-Z0-9_]+)(:-(?<default>[^}]*)|:\?[^}]*)?\}")]
    private static partial Regex Asked();

    [GeneratedRegex(@"^COPY src/([\w.]+)/\1\.csproj src/\1/packages\.lock\.json src/\1/$")]
    private static partial Regex ProjectCopy();

    [GeneratedRegex(@"client_max_body_size (\d+)m;")]
    private static partial Regex BodySize();

    [GeneratedRegex(@"proxy_next_upstream ([^;]*);")]
    private static partial Regex NextUpstream();

    [GeneratedRegex(@"`Api:MaxMediaBytes` \| `\d+`, `(\d+)`")]
    private static partial Regex MaxMediaBytes();
}
