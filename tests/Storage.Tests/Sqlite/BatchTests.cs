using Loopwave.Deployment;
using Loopwave.Numbers;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Sqlite;

/// <summary>Changes of many numbers that share one transaction: what one is refused for touches no other.</summary>
public sealed class BatchTests : IAsyncDisposable
{
    private const int Histories = 150;
    private readonly SqliteBackend _backend = new();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Changes_in_one_transaction_end_as_they_would_one_after_the_other()
    {
        for (var seed = 1; seed <= Histories; seed++)
        {
            var random = new Random(seed);
            List<Line> lines = [];
            for (var i = random.Next(1, 5); i > 0; i--)
            {
                lines.Add(new Line(await Sample.OwnedNumber(_backend)));
            }

            using var goOn = new ManualResetEventSlim();
            _backend.Writes.Arm(0, () => goOn.Wait(TimeSpan.FromSeconds(20)));
            var other = Sample.Number();
            var first = _backend.Numbers.Create(other, Sample.Transition(other.Id, 1), null);
            for (var i = random.Next(2, 40); i > 0; i--)
            {
                lines[random.Next(lines.Count)].Commit(_backend, stale: random.Next(12) == 0);
            }

            goOn.Set();
            Assert.Equal(CommitResult.Committed, await first);
            foreach (var line in lines)
            {
                await line.Check(_backend, seed);
            }
        }
    }

    /// <summary>One number, and what is to become of its commits.</summary>
    private sealed class Line(Owned owned)
    {
        private readonly List<(Task<CommitResult> Commit, CommitResult? Expected)> _commits = [];
        private string _label = owned.Document.Label;
        private bool _refused;

        public void Commit(SqliteBackend backend, bool stale)
        {
            var label = $"{_commits.Count}";
            var change = owned.Change() with { Document = owned.Document with { Label = label }, Epoch = owned.Epoch + (stale ? 1 : 0) };
            CommitResult? expected = _refused ? null : stale ? CommitResult.StaleEpoch : CommitResult.Committed;
            _label = expected is CommitResult.Committed ? label : _label;
            _refused |= stale;
            _commits.Add((backend.Numbers.Commit(change, owned.Lane), expected));
        }

        public async Task Check(SqliteBackend backend, int seed)
        {
            foreach (var (commit, expected) in _commits)
            {
                if (expected is { } result)
                {
                    Assert.True(result == await commit, $"seed {seed}: {commit.Status}");
                }
                else
                {
                    await Assert.ThrowsAsync<StorageUnavailableException>(() => commit);
                }
            }

            Assert.True(_label == (await backend.Numbers.Load(owned.Id))!.Document.Label, $"seed {seed}");
        }
    }
}
