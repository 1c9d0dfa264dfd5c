using System.Globalization;

namespace Loopwave.Chaos;

/// <summary>What to run, and how large. The seed decides the faults, their moments, and who writes with whom.</summary>
internal sealed record ChaosPlan
{
    public const string Usage =
        """
        scripts/chaos [scenario] [--seed=N] [--minutes=M] [--sandbox=N] [--emulated=N] [--sends=N] [--inbound=N] [--calm=N] [--faults=F1,F2] [--logs=FOLDER]

          scenario    failover, freeze, partition, drain, rolling or database; random faults when none is named
          --seed      decides everything that is random (1)
          --minutes   how long random faults go on (30)
          --sandbox   sandbox numbers (1000)
          --emulated  WhatsApp numbers, linked at the WhatsApp server for tests (100)
          --sends     messages a second to send (100)
          --inbound   messages a second to receive (50)
          --calm      seconds of load before the first fault (120); in the first half of them it grows
          --faults    only these random faults
          --logs      where to keep the logs of all processes; they are gone with the run otherwise
        """;

    public const string RandomFaults = "random";

    public string Scenario { get; init; } = RandomFaults;

    public int Seed { get; init; } = 1;

    public double Minutes { get; init; } = 30;

    public int SandboxNumbers { get; init; } = 1000;

    public int EmulatedNumbers { get; init; } = 100;

    public double SendsPerSecond { get; init; } = 100;

    public double InboundPerSecond { get; init; } = 50;

    /// <summary>Those of the messages to receive that are written to sandbox numbers, over the API.</summary>
    public double InjectionsPerSecond => InboundPerSecond * SandboxNumbers / (SandboxNumbers + EmulatedNumbers);

    /// <summary>Each is three requests that change nothing: a tenth of those that send.</summary>
    public double LooksPerSecond => SendsPerSecond / 30;

    /// <summary>Names of the random faults to choose from; empty for all.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>Where to keep the logs of all processes; null to keep none.</summary>
    public string? Logs { get; init; }

    /// <summary>
    /// Requests of a kind that may wait to be done at once; beyond that the load leaves turns out, and says how many. When storage comes back after a long time they all come
    /// at once: so many as half a minute of it leaves behind, whatever it took.
    /// </summary>
    public int MostOutstanding { get; init; } = 2_000;

    /// <summary>People that each number writes with.</summary>
    public int PeoplePerNumber { get; init; } = 2;

    /// <summary>Silos reach the database and WhatsApp through proxies that can be made worse.</summary>
    public bool ThroughProxies => OwnNetwork || Scenario is RandomFaults;

    /// <summary>Each silo has a network of its own, so that packets between them can be dropped.</summary>
    public bool OwnNetwork { get; init; }

    /// <summary>Some callers hang up before the answer, some ask several times at once.</summary>
    public bool CallersMisbehave => Scenario is RandomFaults;

    /// <summary>An update promises that callers see nothing but 503.</summary>
    public bool OnlyUnavailable => Scenario is "rolling";

    /// <summary>
    /// Load before the first fault, so that there is something to compare with; in its first half the load grows. In their first minute
    /// under load processes compile what they run most, and every pair of people agrees on keys, which on few cores costs as much
    /// as the load.
    /// </summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromMinutes(2);

    /// <exception cref="FormatException">An argument that is none; the message says which.</exception>
    public static ChaosPlan Parse(IEnumerable<string> arguments)
    {
        var plan = new ChaosPlan();
        foreach (var argument in arguments)
        {
            var (name, value) = argument.Split('=', 2) is [var left, var right] ? (left, right) : (argument, "");
            plan = name switch
            {
                "--seed" => plan with { Seed = (int)Number(argument, value, 0) },
                "--minutes" => plan with { Minutes = Number(argument, value, 0.1) },
                "--sandbox" => plan with { SandboxNumbers = (int)Number(argument, value, 0) },
                "--emulated" => plan with { EmulatedNumbers = (int)Number(argument, value, 0) },
                "--sends" => plan with { SendsPerSecond = Number(argument, value, 0.1) },
                "--inbound" => plan with { InboundPerSecond = Number(argument, value, 0.1) },
                "--calm" => plan with { Calm = TimeSpan.FromSeconds(Number(argument, value, 0)) },
                "--faults" => plan with { Faults = value.Split(',', StringSplitOptions.RemoveEmptyEntries) },
                "--logs" => plan with { Logs = value.Length > 0 ? value : throw new FormatException($"'{argument}' must name a folder.") },
                _ when !argument.StartsWith('-') => plan with { Scenario = argument },
                _ => throw new FormatException($"'{argument}' is no argument."),
            };
        }

        return plan.SandboxNumbers + plan.EmulatedNumbers > 0 ? plan : throw new FormatException("There must be numbers.");
    }

    private static double Number(string argument, string value, double least) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new FormatException($"'{argument}' must name a number of {least.ToString(CultureInfo.InvariantCulture)} or more.");
}
