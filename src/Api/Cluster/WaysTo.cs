using Loopwave.Cluster;

namespace Loopwave.Api.Cluster;

/// <summary>The ways to one kind of grain. Any thread may ask for one; one at a time looks whether they are open.</summary>
internal sealed class WaysTo(Func<long, IWay> find)
{
    /// <summary>Enough for some of them to lead over each of a few silos.</summary>
    public const int Count = 4;

    // Each that was ever used is kept by the silos for a while.
    private const long MostKeys = 256;

    private volatile Way[] _ways = [.. Enumerable.Range(0, Count).Select(key => new Way(key))];
    private long _made = Count;
    private uint _turn;

    /// <summary>One that is open, in turn; any, when none is.</summary>
    public long Next()
    {
        var ways = _ways;
        var turn = Interlocked.Increment(ref _turn);
        for (var i = 0U; i < Count; i++)
        {
            var way = ways[(turn + i) % Count];
            if (way.IsOpen)
            {
                return way.Key;
            }
        }

        return ways[turn % Count].Key;
    }

    /// <summary>Replaces those that were asked and are not open, and asks all.</summary>
    public void Look()
    {
        var ways = Array.ConvertAll(_ways, way => way.IsOpen && !way.IsAsked ? way : new Way(_made++ % MostKeys));
        _ways = ways;
        foreach (var way in ways)
        {
            _ = Ask(way);
        }
    }

    private async Task Ask(Way way)
    {
        way.IsAsked = true;
        try
        {
            way.IsOpen = await find(way.Key).IsOpen();
        }
        catch (Exception)
        {
            // Whatever it is: this way leads to no answer.
            way.IsOpen = false;
        }

        way.IsAsked = false;
    }

    private sealed class Way(long key)
    {
        private volatile bool _isOpen = true;
        private volatile bool _isAsked;

        public long Key => key;

        /// <summary>It answered last time, or was not asked yet.</summary>
        public bool IsOpen
        {
            get => _isOpen;
            set => _isOpen = value;
        }

        public bool IsAsked
        {
            get => _isAsked;
            set => _isAsked = value;
        }
    }
}
