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
        var settled = _writer.Settle(null);
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
        var settled = _writer.Settle(null);
        _runner.End(fails: true);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => settled.WaitAsync(AtOnce, TimeProvider.System));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => change.WaitAsync(AtOnce, TimeProvider.System));

        await _writer.Settle(null).WaitAsync(AtOnce, TimeProvider.System);
    }

    [Fact]
    public async Task Only_what_was_given_with_the_same_key_is_waited_for()
    {
        var one = _writer.Run(Change("one"));
        await _runner.Began();
        var two = _writer.Run(Change("two"));

        await _writer.Settle("three").WaitAsync(AtOnce, TimeProvider.System);
        var settledOne = _writer.Settle("one");
        var settledTwo = _writer.Settle("two");
        Assert.False(settledOne.IsCompleted, "it is being written");
        Assert.False(settledTwo.IsCompleted, "it waits to be written");

        _runner.End(fails: false);
        await one.WaitAsync(AtOnce, TimeProvider.System);
        await _writer.Settle("one").WaitAsync(AtOnce, TimeProvider.System);
        await _runner.Began();
        Assert.False(_writer.Settle("two").IsCompleted, "now it is being written");

        _runner.End(fails: false);
        await two.WaitAsync(AtOnce, TimeProvider.System);
        await Task.WhenAll(settledOne, settledTwo).WaitAsync(AtOnce, TimeProvider.System);
        await _writer.Settle("two").WaitAsync(AtOnce, TimeProvider.System);
    }

    [Fact]
    public async Task What_its_caller_gave_up_is_waited_for_until_it_is_decided()
    {
        var written = _writer.Run(Change("key"));
        await _runner.Began();
        var waiting = _writer.Run(Change("other"));
        _clock.Advance(Patience);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => written.WaitAsync(AtOnce, TimeProvider.System));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => waiting.WaitAsync(AtOnce, TimeProvider.System));

        var settled = _writer.Settle("key");
        Assert.False(settled.IsCompleted, "it may yet be committed");

        _runner.End(fails: false);
        await settled.WaitAsync(AtOnce, TimeProvider.System);
        foreach (var key in (string[])["key", "other"])
        {
            await _writer.Settle(key).WaitAsync(AtOnce, TimeProvider.System);
        }
    }

    [Fact]
    public async Task Nothing_is_waited_for_of_what_has_failed()
    {
        var change = _writer.Run(Change("key"));
        await _runner.Began();
        _runner.End(fails: true);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => change.WaitAsync(AtOnce, TimeProvider.System));

        await _writer.Settle("key").WaitAsync(AtOnce, TimeProvider.System);
    }

    public void Dispose()
    {
        _runner.EndAll();
        _writer.Dispose();
    }

    private static Unit Change(string? key = null) => new([new Statement("UPDATE something SET it = 1")], key);

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
