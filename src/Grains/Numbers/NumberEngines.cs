using System.Collections.Concurrent;

namespace Loopwave.Numbers;

/// <summary>Which engine a number runs on. That never changes, so it is read once; every request asks for it.</summary>
internal sealed class NumberEngines(INumberStore numbers)
{
    // About 100 bytes each. Beyond this many it starts over rather than growing.
    private const int Most = 100_000;
    private readonly ConcurrentDictionary<string, EngineKind> _known = [];

    /// <summary>Null when there is no such number.</summary>
    public async ValueTask<EngineKind?> Of(string number)
    {
        if (_known.TryGetValue(number, out var known))
        {
            return known;
        }

        if (await numbers.Engine(number) is not { } engine)
        {
            return null;
        }

        if (_known.Count >= Most)
        {
            _known.Clear();
        }

        return _known.GetOrAdd(number, engine);
    }
}
