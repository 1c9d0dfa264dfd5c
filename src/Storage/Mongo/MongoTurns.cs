namespace Loopwave.Storage.Mongo;

/// <summary>Lets the commits of one number go one after the other, in the order in which they were given.</summary>
internal sealed class MongoTurns
{
    private readonly Dictionary<string, Line> _lines = [];

    /// <summary>Runs this when everything given before under the key is over.</summary>
    /// <param name="work">What the caller waits for.</param>
    /// <param name="after">What nobody waits for, left out when somebody is behind; must not throw.</param>
    public Task<T> Run<T>(string key, Func<Task<T>> work, Func<Task>? after = null)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lines)
        {
            if (!_lines.TryGetValue(key, out var line))
            {
                _lines[key] = line = new Line();
            }

            line.Waiting++;
            line.Tail = Turn(key, line, line.Tail, done, work, after);
        }

        return done.Task;
    }

    /// <summary>Everything given so far is over.</summary>
    public Task Settle(string key)
    {
        lock (_lines)
        {
            return _lines.TryGetValue(key, out var line) ? line.Tail : Task.CompletedTask;
        }
    }

    private async Task Turn<T>(string key, Line line, Task before, TaskCompletionSource<T> done, Func<Task<T>> work, Func<Task>? after)
    {
        await before;
        await Task.Yield();
        try
        {
            done.SetResult(await work());
        }
        catch (Exception error)
        {
            done.SetException(error);
        }

        if (after is not null && IsLast(line))
        {
            await after();
        }

        lock (_lines)
        {
            if (--line.Waiting == 0)
            {
                _lines.Remove(key);
            }
        }
    }

    private bool IsLast(Line line)
    {
        lock (_lines)
        {
            return line.Waiting == 1;
        }
    }

    private sealed class Line
    {
        public Task Tail { get; set; } = Task.CompletedTask;

        public int Waiting { get; set; }
    }
}
