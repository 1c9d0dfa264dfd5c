using Loopwave.Cluster;

namespace Loopwave.Api.Cluster;

/// <summary>The ways to one kind of grain. Any thread may ask for one; one at a time looks whether they are open.</summary>
internal sealed class WaysTo(Func<long, IWay> find)
{
    /// <summary>Enough for some of them to lead over each of a few silos.</summary>
    public const int Count = 4;

    // Each that was ever used is kept by the silos for a while.
    private const long MostKeys = 256;

    // Of the first ones nothing is known yet, and requests do not wait for that.
    private readonly Way[] _ways = [.. Enumerable.Range(0, Count).Select(key => new Way(key) { IsOpen = true })];
    private long _made = Count;
    private long _looks;
    private uint _turn;

    /// <summary>One that is open, in turn; when none is, the one that was last: a silo that answers late is better than one that never did.</summary>
    public long Next()
    {
        var turn = Interlocked.Increment(ref _turn);
        Way? last = null;
        for (var i = 0U; i < Count; i++)
        {
            var way = Volatile.Read(ref _ways[(turn + i) % Count]);
            if (way.IsOpen)
            {
                return way.Key;
            }

            last = way.LastOpen > (last?.LastOpen ?? -1) ? way : last;
        }

        return last!.Key;
    }

    /// <summary>
    /// Asks all. For each that did not answer since the last time, or said no, a new one is tried as well, and takes its place when that one
    /// is open and the old one still is not. Nothing is sent over a new one before: it may lead over the same silo.
    /// </summary>
    public void Look()
    {
        _looks++;
        for (var i = 0; i < Count; i++)
        {
            var way = _ways[i];
            way.IsOpen &= !way.IsAsked;
            if (!way.IsOpen)
            {
                _ = Try(new Way(_made++ % MostKeys), i, way);
            }

            if (!way.IsAsked)
            {
                _ = Ask(way, _looks);
            }
        }
    }

    private async Task Try(Way other, int place, Way way)
    {
        await Ask(other, _looks);
        if (other.IsOpen && !way.IsOpen)
        {
            // Unless another one that was tried is there already.
            Interlocked.CompareExchange(ref _ways[place], other, way);
        }
    }

    private async Task Ask(Way way, long look)
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

        way.LastOpen = way.IsOpen ? look : way.LastOpen;
        way.IsAsked = false;
    }

    private sealed class Way(long key)
    {
        private volatile bool _isOpen;
        private volatile bool _isAsked;
        private long _lastOpen;

        public long Key => key;

        /// <summary>It said so when it was asked last, and did not take until the next time.</summary>
        public bool IsOpen
        {
            get => _isOpen;
            set => _isOpen = value;
        }

        /// <summary>The look that it was last open for; 0 for never.</summary>
        public long LastOpen
        {
            get => Volatile.Read(ref _lastOpen);
            set => Volatile.Write(ref _lastOpen, value);
        }

        public bool IsAsked
        {
            get => _isAsked;
            set => _isAsked = value;
        }
    }
}
