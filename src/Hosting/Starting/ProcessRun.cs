using System.Diagnostics.CodeAnalysis;

namespace Loopwave.Starting;

/// <summary>How a process of a cluster ends.</summary>
public static class ProcessRun
{
    /// <param name="name">At the beginning of a sentence, such as <c>The silo</c>.</param>
    public static async Task<int> Guarded(string name, Func<Task> run)
    {
        SpareThreads.Allow();
        try
        {
            await run();
            return ExitCodes.AsAsked;
        }
        catch (Exception fault) when (StartRefusal.Of(fault) is { } sentences)
        {
            // Nothing else: a stack trace would only hide what is to be mended.
            foreach (var sentence in sentences)
            {
                Console.Error.WriteLine(sentence);
            }

            return ExitCodes.Refused;
        }
        catch (Exception fault)
        {
            Console.Error.WriteLine($"{name} ended through a fault of its own. Please report what follows.");
            Console.Error.WriteLine(fault);
            return ExitCodes.Fault;
        }
    }

    /// <summary>Ends the process where it stands: for one that cannot tidy up.</summary>
    /// <param name="exitCode">See <see cref="ExitCodes"/>.</param>
    /// <param name="reason">A sentence for operators, where there is anything to say.</param>
    [DoesNotReturn]
    public static void EndAtOnce(int exitCode, string? reason)
    {
        if (reason is not null)
        {
            Console.Error.WriteLine(reason);
        }

        Environment.Exit(exitCode);
    }
}

/// <summary>What a process says with its end. <c>docs/operations/cluster.md</c> has it for operators.</summary>
public static class ExitCodes
{
    public const int AsAsked = 0;

    /// <summary>A fault of ours.</summary>
    public const int Fault = 1;

    /// <summary>An operator has something to mend first.</summary>
    public const int Refused = 2;

    /// <summary>Nothing has to be mended in the process: it is to be started again.</summary>
    public const int StartAgain = 3;
}
