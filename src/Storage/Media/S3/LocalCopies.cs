using Loopwave.Media;

namespace Loopwave.Storage.Media.S3;

/// <summary>
/// Files of a bucket on this machine while the engine reads them. Who wants the same one meanwhile, or shortly after, as a broadcast does,
/// has the same copy.
/// </summary>
internal sealed class LocalCopies : IDisposable
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    private readonly Func<string> _folder;
    private readonly Func<string, string, Task<bool>> _fetch;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly Dictionary<string, Copy> _copies = [];

    /// <param name="fetch">Writes a file, by its hash, to a path; false when there is none.</param>
    public LocalCopies(Func<string> folder, Func<string, string, Task<bool>> fetch, TimeProvider clock)
    {
        (_folder, _fetch, _clock) = (folder, fetch, clock);
        _timer = clock.CreateTimer(_ => RemoveUnused(), null, KeptFor, KeptFor);
    }

    public async Task<LentFile?> Lend(string hash, CancellationToken cancellationToken)
    {
        var copy = Take(hash);
        var isThere = false;
        try
        {
            // Whoever gives up leaves the others their copy.
            isThere = await copy.Fetched.WaitAsync(cancellationToken);
            return isThere ? new LentFile(copy.Path, () => GiveBack(hash, copy, isGood: true)) : null;
        }
        finally
        {
            if (!isThere)
            {
                GiveBack(hash, copy, isGood: !copy.Fetched.IsCompleted);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private Copy Take(string hash)
    {
        lock (_copies)
        {
            if (!_copies.TryGetValue(hash, out var copy))
            {
                var path = Path.Combine(_folder(), NewId.Media());
                _copies[hash] = copy = new Copy(path, Task.Run(() => _fetch(hash, path)));
            }

            copy.Readers++;
            return copy;
        }
    }

    private void GiveBack(string hash, Copy copy, bool isGood)
    {
        lock (_copies)
        {
            copy.Readers--;
            copy.FreeSince = _clock.GetTimestamp();
            if (!isGood && _copies.GetValueOrDefault(hash) == copy)
            {
                // The next one tries again. Nothing was lent of it, and what was written of it goes with its fetch.
                _copies.Remove(hash);
                MediaWork.Remove(copy.Path);
            }
        }
    }

    private void RemoveUnused()
    {
        lock (_copies)
        {
            foreach (var (hash, copy) in _copies.Where(one => one.Value.Readers == 0 && one.Value.Fetched.IsCompleted && IsOld(one.Value)).ToList())
            {
                _copies.Remove(hash);
                MediaWork.Remove(copy.Path);
            }
        }
    }

    private bool IsOld(Copy copy) => _clock.GetElapsedTime(copy.FreeSince) >= KeptFor;

    private sealed class Copy(string path, Task<bool> fetched)
    {
        public string Path { get; } = path;

        public Task<bool> Fetched { get; } = fetched;

        public int Readers { get; set; }

        public long FreeSince { get; set; }
    }
}
