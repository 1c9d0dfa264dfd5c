using Loopwave.Cluster;

namespace Loopwave.Api.Cluster;

/// <summary>The ways to one kind of grain. Any thread may ask for one; one at a time looks whether they are open.</summary>
internal sealed class WaysTo(Func<long, IWay> find)
{
    /// <summary>Enough for some of them to lead over each of a few silos.</summary>
    public const int Count = 4;

    // Each that was used is kept by the silos for a while. Fewer would all lead over one silo once it was alone for a minute: to each key the
    // client keeps to the silo that it found first.
    private const long MostKeys = 4096;

    // How many looks at the ways there are between two trials of a new one in the place of one that is open.
    private const long LooksUntilRenewed = 60;

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
    /// is open and the old one still is not. Nothing is sent over a new one before: it may lead over the same silo. Now and then one
    /// that is open gives way to a new one, too: after a silo was away all would lead around it for ever.
    /// </summary>
    public void Look()
    {
        var look = Interlocked.Increment(ref _looks);
        var renewed = look % LooksUntilRenewed == 0 ? look / LooksUntilRenewed % Count : -1;
        for (var i = 0; i < Count; i++)
        {
            var way = _ways[i];
            way.IsOpen &= !way.IsAsked;
            if (!way.IsOpen || i == renewed)
            {
                _ = Try(new Way(_made++ % MostKeys), i, way, whatever: i == renewed);
            }

            if (!way.IsAsked)
            {
                _ = Ask(way);
            }
        }
    }

    private async Task Try(Way other, int place, Way way, bool whatever)
    {
        await Ask(other);
        if (other.IsOpen && (whatever || !way.IsOpen))
        {
            // Unless another one that was tried is there already.
            Interlocked.CompareExchange(ref _ways[place], other, way);
        }
    }

    private async Task Ask(Way way)
    {
        var look = Interlocked.Read(ref _looks);
        way.IsAsked = true;
        var isOpen = false;
        try
        {
            isOpen = await find(way.Key).IsOpen();
        }
        catch (Exception)
        {
            // Whatever it is: this way leads to no answer.
        }

        // An answer that took until the next look is as good as none, as long as others answer.
        way.LastOpen = isOpen ? look : way.LastOpen;
        way.IsOpen = isOpen && Interlocked.Read(ref _looks) == look;
        way.IsAsked = false;
    }

    private sealed class Way(long key)
    {
        private volatile bool _isOpen;
        private volatile bool _isAsked;
        private long _lastOpen;

        public long Key => key;

        /// <summary>It said so when it was asked last, and in time.</summary>
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
