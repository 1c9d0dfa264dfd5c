using Loopwave.Bench;

// One command, a table. Names of scenarios as arguments run only those; --numbers sets the size of the large one,
// --engine-numbers=1,50 those of the real network.
const string Engine = "--engine-numbers=";
var arguments = args.Where(argument => !argument.StartsWith("--", StringComparison.Ordinal)).ToHashSet();
var numbers = args.FirstOrDefault(argument => argument.StartsWith("--numbers=", StringComparison.Ordinal)) is { } given
    ? int.Parse(given["--numbers=".Length..], System.Globalization.CultureInfo.InvariantCulture)
    : 100_000;
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
    ("numbers", () => NumbersBench.Run(report, numbers)),
    ("engine", () => EngineBench.Run(report, sizes)),
];
foreach (var (name, run) in scenarios.Where(scenario => arguments.Count == 0 || arguments.Contains(scenario.Name)))
{
    Console.WriteLine($"… {name}");
    await run();
}

report.Print(Console.Out);
return 0;
