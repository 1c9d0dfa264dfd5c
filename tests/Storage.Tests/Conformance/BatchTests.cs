using Loopwave.Deployment;
using Loopwave.Numbers;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>Changes of many numbers that share one transaction: what one is refused for touches no other.</summary>
public abstract class BatchTests(Backend backend, int histories) : IAsyncDisposable
{
    private readonly Backend _backend = backend;

    /// <summary>What becomes of a change: the last two are refused after they have written already.</summary>
    private enum Fate
    {
        Committed,
        Stale,
        Duplicate,
        Mistake,
    }

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Has whoever writes next wait for this, so that what comes afterwards gathers.</summary>
    protected abstract void Hold(ManualResetEventSlim goOn);

    [Fact]
    public async Task Changes_in_one_transaction_end_as_they_would_one_after_the_other()
    {
        for (var seed = 1; seed <= histories; seed++)
        {
            var random = new Random(seed);
            List<Line> lines = [];
            for (var i = random.Next(2, 6); i > 0; i--)
            {
                // Two at least: the first refusal starts the transaction over, the second is taken back on its own.
                var refused = lines.Count < 2 ? random.Next(2) == 0 ? Fate.Duplicate : Fate.Mistake : (Fate)random.Next(4);
                lines.Add(await Line.Of(_backend, random.Next(1, 9), refused, random));
            }

            using var goOn = new ManualResetEventSlim();
            Hold(goOn);
            var other = Sample.Number();
            var first = _backend.Numbers.Create(other, Sample.Transition(other.Id, 1), null);
            var turns = lines.SelectMany(line => Enumerable.Repeat(line, line.Length)).ToArray();
            random.Shuffle(turns);
            foreach (var line in turns)
            {
                line.Commit(_backend);
            }

            goOn.Set();
            Assert.Equal(CommitResult.Committed, await first);
            foreach (var line in lines)
            {
                await line.Check(_backend, seed);
            }
        }
    }

    /// <summary>One number, and what is to become of its commits: at most one is refused, and those behind it fail.</summary>
    private sealed class Line(Owned owned, IdempotencyRecord done, int length, Fate refused, int refusedAt)
    {
        private readonly List<Task<CommitResult>> _commits = [];
        private readonly List<NumberChanges> _changes = [];

        public int Length => length;

        public static async Task<Line> Of(Backend backend, int length, Fate refused, Random random)
        {
            var owned = await Sample.OwnedNumber(backend);
            var done = Sample.Idempotency("done");
            Assert.Equal(CommitResult.Committed, await backend.Numbers.Commit(owned.Change() with { Idempotency = [done] }, owned.Lane));
            return new Line(owned, done, length, refused, random.Next(length));
        }

        public void Commit(Backend backend)
        {
            var fate = _changes.Count == refusedAt ? refused : Fate.Committed;
            var chat = Sample.Chat(owned.Id);
            var message = Sample.Message(chat);
            var change = owned.Change();
            change = change with
            {
                Epoch = owned.Epoch + (fate is Fate.Stale ? 1 : 0),
                Document = owned.Document with { Label = $"{_changes.Count}" },
                Day = DayCounters.None with { Received = _changes.Count + 1 },
                Chats = [chat],
                NewMessages = [message],
                ChangedMessages = fate is Fate.Mistake ? [Sample.Message(chat)] : [],
                Events = [Sample.Event(message, change.Sequence)],
                Idempotency = fate is Fate.Duplicate ? [done] : [],
            };
            _changes.Add(change);
            _commits.Add(backend.Numbers.Commit(change, owned.Lane));
        }

        public async Task Check(Backend backend, int seed)
        {
            var kept = refused is Fate.Committed ? length : refusedAt;
            for (var i = 0; i < length; i++)
            {
                var ended = await Ended(_commits[i]);
                Assert.True(Expected(i, kept).Equals(ended), $"seed {seed}: {owned.Id} change {i} of {length}: {ended}");
                var isThere = i < kept;
                Assert.True(isThere == (await backend.Chats.Get(_changes[i].Chats[0].Id) is not null), $"seed {seed}: {owned.Id} chat {i}");
                Assert.True(isThere == (await backend.Messages.Get(_changes[i].NewMessages[0].Id) is not null), $"seed {seed}: {owned.Id} message {i}");
            }

            var stored = (await backend.Numbers.Load(owned.Id))!;
            var last = kept == 0 ? null : _changes[kept - 1];
            Assert.Equal((last?.Document?.Label ?? "Support", last?.Day?.Received ?? 0, last?.Sequence ?? 2), (stored.Document.Label, stored.Day.Received, stored.Sequence));
            Assert.Equal(_changes[..kept].Select(change => change.Events[0].Id), (await backend.Outbox(owned.Id)).Select(one => one.Id));
        }

        private object Expected(int index, int kept) =>
            index < kept ? CommitResult.Committed
            : index > kept ? typeof(StorageUnavailableException)
            : refused switch
            {
                Fate.Stale => CommitResult.StaleEpoch,
                Fate.Duplicate => CommitResult.Duplicate,
                Fate.Mistake => typeof(InvalidOperationException),
                Fate.Committed => CommitResult.Committed,
            };

        private static async Task<object> Ended(Task<CommitResult> commit)
        {
            try
            {
                return await commit;
            }
            catch (Exception error)
            {
                return error.GetType();
            }
        }
    }
}
