using Loopwave.Api.Errors;
using Microsoft.Extensions.Caching.Memory;

namespace Loopwave.Api.Auth;

/// <summary>
/// What a grain says of the credentials of requests, and, while that grain cannot be asked, what it said last. It lives on one
/// silo: when that stands still, is lost, or has no storage, requests that other silos could serve need not wait for it.
/// </summary>
/// <param name="again">What an answer is worth once more.</param>
/// <param name="joined">What is kept when a new answer comes after one that was used here meanwhile.</param>
/// <param name="inVain">Hears of every question that was not answered.</param>
internal sealed class LastAnswers<T>(Func<T, T> again, Func<T, T, T> joined, Action<Exception> inVain, TimeProvider clock) : IDisposable
    where T : class
{
    // Finding out that a silo stands still takes up to 17 s, ending one that has no database up to 40 s.
    public static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(60);

    // A grain whose silo is there answers in milliseconds; where storage hangs, what is asked of it then must still be answered within 5 s.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    // As many callers as a node may well have. Of more than that, some are not known when their grain cannot be asked.
    private readonly MemoryCache _callers = new(new MemoryCacheOptions { SizeLimit = 100_000 });

    // Counts what was forgotten: an answer that was asked for before is worth nothing after it.
    private int _forgotten;

    /// <summary>
    /// Asks, or goes by the last answer. With nothing to go by it takes as long as the grain takes, and fails as that does. Null, and never
    /// an answer from before, when the grain knows nothing of the caller.
    /// </summary>
    public async Task<T?> Get(string caller, Func<Task<T?>> ask)
    {
        var known = _callers.Get<Known>(caller);
        if (known is null || clock.GetElapsedTime(known.At) >= GoodFor)
        {
            return await Asking(caller, ask);
        }

        if (!known.IsForThisOneToAsk())
        {
            return known.Again(again);
        }

        try
        {
            var answer = await Asking(caller, ask).WaitAsync(Patience, clock);
            known.Answered();
            return answer;
        }
        catch (Exception exception) when (ErrorResponses.IsOutage(exception))
        {
            known.AskedInVain();
            inVain(exception);
            return known.Again(again);
        }
    }

    /// <summary>Something changed for these callers: the grain is asked, whatever it said before.</summary>
    public void Forget(Func<string, bool> callers)
    {
        Interlocked.Increment(ref _forgotten);
        foreach (var caller in _callers.Keys.OfType<string>().Where(callers))
        {
            _callers.Remove(caller);
        }
    }

    public void Dispose() => _callers.Dispose();

    // Whenever the answer comes: a caller that is not known any more must not go on for long.
    private Task<T?> Asking(string caller, Func<Task<T?>> ask)
    {
        var asking = AskAndKeep();
        asking.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return asking;

        async Task<T?> AskAndKeep()
        {
            var before = Volatile.Read(ref _forgotten);
            var answer = await ask();
            Keep(caller, answer, before);
            return answer;
        }
    }

    private void Keep(string caller, T? answer, int before)
    {
        if (answer is null)
        {
            _callers.Remove(caller);
        }
        else if (Volatile.Read(ref _forgotten) != before)
        {
            // Somebody may have meant this one.
        }
        else if (_callers.TryGetValue<Known>(caller, out var known))
        {
            known!.Keep(answer, joined);
        }
        else
        {
            _callers.Set(caller, new Known(answer, clock), new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = 2 * GoodFor });
        }
    }

    /// <summary>A caller of whom there is an answer. Any thread.</summary>
    private sealed class Known(T answer, TimeProvider clock)
    {
        private readonly Lock _lock = new();
        private T _answer = answer;
        private long _at = clock.GetTimestamp();
        private long? _askedAt;

        /// <summary>When the grain said so.</summary>
        public long At
        {
            get
            {
                lock (_lock)
                {
                    return _at;
                }
            }
        }

        /// <summary>All ask a grain that answers, and one now and then a grain that did not.</summary>
        public bool IsForThisOneToAsk()
        {
            lock (_lock)
            {
                if (_askedAt is not { } askedAt)
                {
                    return true;
                }

                if (clock.GetElapsedTime(askedAt) < AskAgainAfter)
                {
                    return false;
                }

                _askedAt = clock.GetTimestamp();
                return true;
            }
        }

        public void Keep(T answer, Func<T, T, T> joined)
        {
            lock (_lock)
            {
                (_answer, _at) = (joined(_answer, answer), clock.GetTimestamp());
            }
        }

        public void Answered()
        {
            lock (_lock)
            {
                _askedAt = null;
            }
        }

        public void AskedInVain()
        {
            lock (_lock)
            {
                _askedAt = clock.GetTimestamp();
            }
        }

        public T Again(Func<T, T> again)
        {
            lock (_lock)
            {
                return _answer = again(_answer);
            }
        }
    }
}
