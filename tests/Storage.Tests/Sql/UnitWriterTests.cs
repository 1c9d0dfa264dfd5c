using System.Collections.Concurrent;
using System.Threading.Channels;
using Loopwave.Deployment;
using Loopwave.Storage.Sql;
using Microsoft.Extensions.Time.Testing;

namespace Loopwave.Storage.Tests.Sql;

/// <summary>How long a caller waits behind the writes of others.</summary>
public sealed class UnitWriterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3.5);

    // Of the test itself, for what happens at once or never.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _clock = new();
    private readonly HeldRunner _runner = new();
    private readonly UnitWriter _writer;

    public UnitWriterTests() =>
        _writer = new UnitWriter(_runner, new SilentDatabase(_clock), _clock, new UnitWriterOptions("test writer", Patience, MostUnitsPerCommit: 1));

    [Fact]
    public async Task Who_waits_behind_a_write_that_fails_late_is_told_in_the_same_time_as_everybody()
    {
        var first = _writer.Run(Change());
        await _runner.Began();
        _clock.Advance(TimeSpan.FromSeconds(1));
        var second = _writer.Run(Change());
        _clock.Advance(TimeSpan.FromSeconds(2));
        _runner.End(fails: true);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => first.WaitAsync(AtOnce, TimeProvider.System));
        await _runner.Began();

        _clock.Advance(TimeSpan.FromSeconds(1.5));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => second.WaitAsync(AtOnce, TimeProvider.System));
        _runner.End(fails: true);
    }

    [Fact]
    public async Task That_somebody_waited_for_what_was_given_before_is_no_progress()
    {
        var first = _writer.Run(Change());
        await _runner.Began();
        _clock.Advance(TimeSpan.FromSeconds(1));
        var settled = _writer.Settle();
        var second = _writer.Run(Change());
        _clock.Advance(TimeSpan.FromSeconds(2));
        _runner.End(fails: true);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => first.WaitAsync(AtOnce, TimeProvider.System));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => settled.WaitAsync(AtOnce, TimeProvider.System));
        await _runner.Began();

        _clock.Advance(TimeSpan.FromSeconds(1.5));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => second.WaitAsync(AtOnce, TimeProvider.System));
        _runner.End(fails: true);
    }

    [Fact]
    public async Task Who_waits_longer_than_the_patience_is_not_told_anything_while_others_get_done()
    {
        var first = _writer.Run(Change());
        await _runner.Began();
        var second = _writer.Run(Change());
        _clock.Advance(TimeSpan.FromSeconds(3));
        _runner.End(fails: false);
        await first.WaitAsync(AtOnce, TimeProvider.System);
        await _runner.Began();

        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.False(second.IsCompleted);
        _runner.End(fails: false);

        await second.WaitAsync(AtOnce, TimeProvider.System);
    }

    [Fact]
    public async Task Who_waits_for_what_was_given_before_is_told_that_storage_could_not_be_had_for_it()
    {
        var change = _writer.Run(Change());
        await _runner.Began();
        var settled = _writer.Settle();
        _runner.End(fails: true);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => settled.WaitAsync(AtOnce, TimeProvider.System));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => change.WaitAsync(AtOnce, TimeProvider.System));

        await _writer.Settle().WaitAsync(AtOnce, TimeProvider.System);
    }

    public void Dispose()
    {
        _runner.EndAll();
        _writer.Dispose();
    }

    private static Unit Change() => new([new Statement("UPDATE something SET it = 1")]);

    /// <summary>Writes for as long as the test wants it to.</summary>
    private sealed class HeldRunner : IUnitRunner
    {
        private readonly Channel<bool> _begun = Channel.CreateUnbounded<bool>();
        private readonly BlockingCollection<bool> _ends = [];

        public Task Began() => _begun.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(AtOnce, TimeProvider.System);

        public void End(bool fails) => _ends.Add(fails, TestContext.Current.CancellationToken);

        public void EndAll() => _ends.CompleteAdding();

        public void Commit(List<WaitingUnit> units)
        {
            _begun.Writer.TryWrite(true);
            if (!_ends.TryTake(out var fails, Timeout.Infinite) || fails)
            {
                throw new TimeoutException("The database did not answer.");
            }
        }

        public void Reset()
        {
        }

        public void Dispose() => _ends.Dispose();
    }
}
