using Loopwave.Bench;

// One command, a table. Names of scenarios as arguments run only those; --numbers sets the size of the large one,
// --engine-numbers=1,50 those of the real network, --cluster-numbers and --cluster-engine-numbers those of clusters.
const string Engine = "--engine-numbers=";
var arguments = args.Where(argument => !argument.StartsWith("--", StringComparison.Ordinal)).ToHashSet();
int[] sizes = args.FirstOrDefault(argument => argument.StartsWith(Engine, StringComparison.Ordinal)) is { } list
    ? [.. list[Engine.Length..].Split(',').Select(size => int.Parse(size, System.Globalization.CultureInfo.InvariantCulture))]
    : [1, 50, 150, 300];
var report = new Report();
(string Name, Func<Task> Run)[] scenarios =
[
    ("start", () => StartBench.Run(report)),
    ("sends", () => SendBench.Accepting(report)),
    ("way-out", () => SendBench.WholeWay(report)),
    ("inbound", () => InboundBench.Run(report)),
    ("queue", () => QueueBench.Run(report)),
    ("numbers", () => NumbersBench.Run(report, Size("--numbers=", 100_000))),
    ("cluster", () => ClusterBench.Run(report, Size("--cluster-numbers=", 20_000))),
    ("cluster-engine", () => ClusterEngineBench.Run(report, Size("--cluster-engine-numbers=", 500))),
    ("engine", () => EngineBench.Run(report, sizes)),
];
foreach (var (name, run) in scenarios.Where(scenario => arguments.Count == 0 || arguments.Contains(scenario.Name)))
{
    Console.WriteLine($"… {name}");
    await run();
}

report.Print(Console.Out);
return 0;

int Size(string name, int standard) =>
    args.FirstOrDefault(argument => argument.StartsWith(name, StringComparison.Ordinal)) is { } given
        ? int.Parse(given[name.Length..], System.Globalization.CultureInfo.InvariantCulture)
        : standard;
