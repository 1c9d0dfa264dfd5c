using System.Collections.Concurrent;

namespace Loopwave.Chaos.Watching;

/// <summary>
/// Which processes should be there. Whoever ends one on purpose starts it again before anybody looks: one that is gone then ended by
/// itself, and no process may. It is started again, as by whoever runs it, so that the run goes on.
/// </summary>
internal sealed class Attendance(Action<string> say, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Member> _members = [];
    private readonly ConcurrentQueue<DateTimeOffset> _starts = [];
    private readonly ConcurrentQueue<string> _complaints = [];

    /// <summary>What processes did that they should not have.</summary>
    public IReadOnlyList<string> Complaints => [.. _complaints];

    public void Complain(string what)
    {
        say(what);
        _complaints.Enqueue(what);
    }

    /// <summary>A process is about to be started.</summary>
    public void Starts() => _starts.Enqueue(clock.GetUtcNow());

    /// <summary>When the first one was started after a moment; null when none was.</summary>
    public DateTimeOffset? StartAfter(DateTimeOffset at) => _starts.Where(start => start >= at).Cast<DateTimeOffset?>().Min();

    /// <summary>A process is there, for the first time or again.</summary>
    /// <param name="code">Its exit code; null while it runs.</param>
    /// <param name="start">Starts it again; that one joins in turn.</param>
    public void Joined(string name, Func<Task<int?>> code, Func<Task> start) => _members[name] = new(code, start);

    /// <summary>Complains of each process that is gone, once, and starts it again.</summary>
    public async Task Check()
    {
        foreach (var (name, member) in _members.OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            if (await member.Code() is { } code)
            {
                Complain($"{name} ended by itself with code {code}");
                await member.Start();
            }
        }
    }

    /// <summary>
    /// A silo that stood still until another one took its numbers was declared dead. When it goes on it must find out, end, and be started again.
    /// </summary>
    public void MustHaveEnded(FaultRecord fault, Ownership ownership)
    {
        var numbers = fault.Struck.SelectMany(silo => ownership.Of(silo, fault.At)).ToList();

        // Some may have been on their way to another one, on purpose, when it stood still.
        var taken = numbers.Count(number => ownership.TakenAfter(number, fault.At, fault.Struck) is { } by && by.At <= fault.HealedAt);
        if (taken > numbers.Count / 2 && StartAfter(fault.At) is null)
        {
            Complain($"{fault.Name}: another one took {taken} of its {numbers.Count} numbers meanwhile, and it did not end");
        }
    }

    private sealed record Member(Func<Task<int?>> Code, Func<Task> Start);
}
