using System.Diagnostics.CodeAnalysis;

namespace Loopwave.Starting;

/// <summary>How a process of a cluster ends: 0 as asked, 2 where an operator has something to mend, 3 to be started again, 1 through a fault of ours.</summary>
public static class ProcessRun
{
    /// <param name="name">At the beginning of a sentence, such as <c>The silo</c>.</param>
    public static async Task<int> Guarded(string name, Func<Task> run)
    {
        try
        {
            await run();
            return 0;
        }
        catch (Exception fault) when (StartRefusal.Of(fault) is { } sentences)
        {
            // Nothing else: a stack trace would only hide what is to be mended.
            foreach (var sentence in sentences)
            {
                Console.Error.WriteLine(sentence);
            }

            return 2;
        }
        catch (Exception fault)
        {
            Console.Error.WriteLine($"{name} ended through a fault of its own. Please report what follows.");
            Console.Error.WriteLine(fault);
            return 1;
        }
    }

    /// <summary>
    /// Ends the process where it stands, to be started again: for one that has lost what it would need to tidy up.
    /// </summary>
    /// <param name="reason">A sentence for operators.</param>
    [DoesNotReturn]
    public static void EndAtOnce(string reason)
    {
        Console.Error.WriteLine(reason);
        Environment.Exit(3);
    }
}
