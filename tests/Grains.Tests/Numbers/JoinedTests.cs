using Xunit;

namespace Loopwave.Numbers;

public sealed class JoinedTests
{
    private readonly List<TaskCompletionSource> _runs = [];
    private readonly Joined _joined;

    public JoinedTests() => _joined = new(() =>
    {
        _runs.Add(new TaskCompletionSource());
        return _runs[^1].Task;
    });

    [Fact]
    public async Task Whoever_asks_while_it_runs_joins_the_run()
    {
        var both = Task.WhenAll(_joined.Run(), _joined.Run());
        Assert.Single(_runs);

        _runs[0].SetResult();
        await both;

        _ = _joined.Run();
        Assert.Equal(2, _runs.Count);
    }

    [Fact]
    public async Task A_run_that_one_of_many_began_anew_is_joined_by_the_others_who_hear_of_the_end_later()
    {
        // Each of them asks anew the moment it hears that the run is over, one after the other.
        var again = Enumerable.Range(0, 3).Select(_ => _joined.Run().ContinueWith(
            _ => _joined.Run(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Unwrap()).ToList();

        _runs[0].SetResult();

        Assert.Equal(2, _runs.Count);
        _runs[1].SetResult();
        await Task.WhenAll(again);
    }

    [Fact]
    public async Task A_run_that_failed_fails_for_all_who_joined_and_is_made_anew_for_the_next()
    {
        var both = new[] { _joined.Run(), _joined.Run() };
        _runs[0].SetException(new IOException("No."));

        foreach (var one in both)
        {
            await Assert.ThrowsAsync<IOException>(() => one);
        }

        _ = _joined.Run();
        Assert.Equal(2, _runs.Count);
    }
}
