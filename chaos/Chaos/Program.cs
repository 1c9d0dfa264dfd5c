using System.Globalization;
using System.Runtime.InteropServices;
using Loopwave.Chaos;
using Loopwave.Chaos.Cluster;
using Loopwave.Chaos.Scenarios;

var began = TimeProvider.System.GetTimestamp();

// A run and its report. Ends with 0 when everything held, 1 when something did not, 2 when there was nothing to run.
ChaosPlan plan;
try
{
    plan = ChaosPlan.Parse(args);
}
catch (FormatException mistake)
{
    Console.Error.WriteLine($"{mistake.Message}\n\n{ChaosPlan.Usage}");
    return 2;
}

if (plan.Scenario is ChaosPlan.RandomFaults or ScenarioList.NeedsNetwork)
{
    var whyNot = SiloNetwork.WhyNot();
    if (whyNot is not null && plan.Scenario is ScenarioList.NeedsNetwork)
    {
        Console.Error.WriteLine($"No network of its own for each silo: {whyNot}.");
        return 2;
    }

    Say(whyNot is null ? "each silo has a network of its own" : $"NO PARTITIONS (F3, F4, F5): {whyNot}");
    plan = plan with { OwnNetwork = whyNot is null };
}

if (ScenarioList.Find(plan) is not { } scenario)
{
    Console.Error.WriteLine($"There is no scenario '{plan.Scenario}'.\n\n{ChaosPlan.Usage}");
    return 2;
}

// Asked to stop, it takes down what it built; killed, it leaves that to the shells that watch over its processes.
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    var report = await new ChaosRun(plan, scenario, Say, stop.Token).Play();
    report.Print(Console.Out);
    return report.IsClean ? 0 : 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Say("stopped before the end: nothing is known");
    return 1;
}
catch (Exception fault)
{
    // The run itself failed, and all that it started is gone.
    Console.Error.WriteLine(fault);
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}

void Say(string what) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds,6:0.0} s  {what}"));
