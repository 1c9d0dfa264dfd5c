using Loopwave.Cluster;

namespace Loopwave.Api.Cluster;

/// <summary>The ways to one kind of grain. Any thread may ask for one; one at a time looks whether they are open.</summary>
internal sealed class WaysTo(Func<long, IWay> find, TimeProvider clock)
{
    /// <summary>Enough for some of them to lead over each of a few silos.</summary>
    public const int Count = 4;

    // Each that was used is kept by the silos for a while. Fewer would all lead over one silo once it was alone for a minute: to each key the
    // client keeps to the silo that it found first.
    private const long MostKeys = 4096;

    // How many looks at the ways there are between two trials of a new one in the place of one that is open.
    private const long LooksUntilRenewed = 60;

    // The same while two of them lead over one silo: there may be a silo that none leads over, such as one that has just joined.
    private const long LooksUntilSpread = 5;

    // Whoever does not reach a number says so at once. Where that took long another silo may take long as well, and callers can come again.
    private static readonly TimeSpan AskedElsewhereWithin = TimeSpan.FromSeconds(2);

    // A silo that is asked to end has 25 s for what it still does: whatever it has not answered by then it never will.
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(30);

    // Of the first ones nothing is known yet, and requests do not wait for that.
    private readonly Way[] _ways = [.. Enumerable.Range(0, Count).Select(key => new Way(key) { IsOpen = true })];
    private long _made = Count;
    private long _looks;
    private uint _turn;

    /// <summary>The key of <see cref="NextWay"/>.</summary>
    public long Next() => NextWay().Key;

    /// <summary>
    /// Asks by the way whose turn it is. Where that one's silo does not reach the number, and so has done nothing, it is asked once more by an
    /// open way over each other silo until one does. Whatever may have been carried out is not asked again: when its way answers nothing for
    /// three seconds while another one does, the call is given up as one without an answer; so it is half a minute after its way has come to lead
    /// over another silo.
    /// </summary>
    /// <exception cref="TimeoutException">The call was given up; whether it was carried out nobody knows.</exception>
    public async Task<Outcome<T>> Ask<T>(Func<long, Task<Outcome<T>>> ask)
    {
        var (way, began) = (NextWay(), clock.GetTimestamp());
        var answer = await way.Call(ask);
        if (answer.Refusal is not { MayWorkElsewhere: true })
        {
            return answer;
        }

        HashSet<string?> asked = [way.Silo];
        for (var i = 0; i < Count && answer.Refusal is { MayWorkElsewhere: true } && clock.GetElapsedTime(began) < AskedElsewhereWithin; i++)
        {
            var other = Volatile.Read(ref _ways[i]);
            if (other.IsOpen && asked.Add(other.Silo))
            {
                answer = await other.Call(ask);
            }
        }

        return answer;
    }

    /// <summary>
    /// Asks all. For each that did not answer since the last time, or said no, a new one is tried as well, and takes its place when that one
    /// is open and the old one still is not; also when it answers late, and the old one not at all. Nothing is sent over a new one before: it
    /// may lead over the same silo. Now and then one that is open gives way to a new one, too: after a silo was away all would lead around it
    /// for ever.
    /// </summary>
    public void Look()
    {
        var look = Interlocked.Increment(ref _looks);
        var renewed = look % LooksUntilRenewed == 0 ? look / LooksUntilRenewed % Count : -1;
        var spread = look % LooksUntilSpread == 0 && renewed < 0 ? FindDouble() : -1;
        for (var i = 0; i < Count; i++)
        {
            var way = _ways[i];
            way.IsOpen &= !way.IsAsked;
            if (!way.IsOpen || i == renewed || i == spread)
            {
                _ = Try(new Way(_made++ % MostKeys), i, way, leastMore: i == renewed ? 0 : i == spread ? 1 : Count);
            }

            if (!way.IsAsked)
            {
                _ = Ask(way);
            }
        }
    }

    /// <summary>One that is open, in turn; when none is, the one that was last: a silo that answers late is better than one that never did.</summary>
    private Way NextWay()
    {
        var turn = Interlocked.Increment(ref _turn);
        Way? last = null;
        for (var i = 0U; i < Count; i++)
        {
            var way = Volatile.Read(ref _ways[(turn + i) % Count]);
            if (way.IsOpen)
            {
                return way;
            }

            last = way.LastOpen > (last?.LastOpen ?? -1) ? way : last;
        }

        return last!;
    }

    /// <param name="leastMore">In the place of a way that is open it has to lead to so many more silos.</param>
    private async Task Try(Way other, int place, Way way, int leastMore)
    {
        await Ask(other);
        if (other.IsOpen ? !way.IsOpen || MoreSilos(other, place) >= leastMore : !way.IsOpen && other.LastOpen > way.LastOpen)
        {
            // Unless another one that was tried is there already.
            Interlocked.CompareExchange(ref _ways[place], other, way);
        }
    }

    // Ways that are open must not come to lead over one silo only by and by: what that one does not reach could be asked of no other one.
    private int MoreSilos(Way other, int place)
    {
        var now = _ways.Select(way => way.Silo).ToList();
        List<string?> then = [.. now[..place], other.Silo, .. now[(place + 1)..]];
        return then.Distinct().Count() - now.Distinct().Count();
    }

    // The place of an open way that leads over the same silo as another open one; -1 when each leads over its own.
    private int FindDouble()
    {
        var seen = new HashSet<string?>();
        return Array.FindIndex(_ways, way => way is { IsOpen: true, Silo: not null } && !seen.Add(way.Silo));
    }

    private async Task Ask(Way way)
    {
        var look = Interlocked.Read(ref _looks);
        way.IsAsked = true;
        var isOpen = false;
        try
        {
            (isOpen, var silo) = await Look(find(way.Key));
            if (way.Silo is { } left && silo is not null && silo != left)
            {
                _ = way.GiveUpAfter(EndsWithin, clock);
            }

            way.Silo = silo;
        }
        catch (TimeoutException)
        {
            // Unless it is this process that stood still, and has not read the answers yet.
            if (_ways.Any(other => other != way && other.IsOpen && other.LastOpen >= look))
            {
                way.GiveUp();
            }
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

    private static async Task<(bool IsOpen, string? Silo)> Look(IWay way)
    {
        try
        {
            var view = await way.Look();
            return (view.IsOpen, view.Silo);
        }
        catch (Exception exception) when (exception is not TimeoutException)
        {
            // A silo of an older release does not know the question.
            return (await way.IsOpen(), null);
        }
    }
}
