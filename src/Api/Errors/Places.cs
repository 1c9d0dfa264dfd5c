namespace Loopwave.Api.Errors;

/// <summary>
/// Who may be under way at once. What is not done after <see cref="BriefWait"/> waits for somebody, such as a silo that is frozen, more than it
/// works: it gives its place to the next, so that a part of the numbers that does not answer keeps nobody from the others. As many as
/// <see cref="WaitingShare"/> times the places may wait like that; the rest of them keep theirs.
/// </summary>
internal sealed class Places(int most, TimeProvider clock)
{
    /// <summary>Far more than a request takes while nothing is wrong: 28 ms for all but the slowest hundredth, at 500 a second (bench/results.md).</summary>
    public static readonly TimeSpan BriefWait = TimeSpan.FromSeconds(1);

    public const int WaitingShare = 3;

    private readonly Lock _gate = new();
    private readonly int _mostWaiting = (int)Math.Min(int.MaxValue, (long)most * WaitingShare);
    private int _taken;
    private int _waiting;

    /// <summary>A place until it is disposed of; null when there is none.</summary>
    public IDisposable? Take()
    {
        lock (_gate)
        {
            if (_taken == most)
            {
                return null;
            }

            _taken++;
        }

        return new Place(this, clock);
    }

    private sealed class Place : IDisposable
    {
        private readonly Places _places;
        private readonly ITimer _timer;
        private bool _waits;
        private bool _isDone;

        public Place(Places places, TimeProvider clock)
        {
            _places = places;
            _timer = clock.CreateTimer(state => ((Place)state!).Wait(), this, BriefWait, BriefWait);
        }

        public void Dispose()
        {
            _timer.Dispose();
            lock (_places._gate)
            {
                _isDone = true;
                if (_waits)
                {
                    _places._waiting--;
                }
                else
                {
                    _places._taken--;
                }
            }
        }

        // Again each time, for as long as too many wait already.
        private void Wait()
        {
            lock (_places._gate)
            {
                if (_isDone || _waits || _places._waiting == _places._mostWaiting)
                {
                    return;
                }

                _waits = true;
                _places._taken--;
                _places._waiting++;
            }
        }
    }
}
