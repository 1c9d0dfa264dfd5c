using Loopwave.Deployment;
using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Sqlite;
using Loopwave.Storage.Tests.Conformance;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Tests.Sqlite;

/// <summary>What the SQLite file promises when the disk or the process fails.</summary>
public sealed class DurabilityTests : IAsyncDisposable
{
    private readonly SqliteBackend _backend = new();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task The_writer_logs_ahead_and_flushes_at_every_commit()
    {
        var settings = new List<object?>();
        foreach (var pragma in new[] { "SELECT journal_mode FROM pragma_journal_mode", "SELECT synchronous FROM pragma_synchronous" })
        {
            settings.Add((await _backend.Database.Run(new Unit([new Statement(pragma).Returning()]))).Value);
        }

        Assert.Equal(["wal", 2L], settings);
    }

    [Fact]
    public async Task What_was_answered_is_there_after_the_process_ends_at_once()
    {
        var owned = await Sample.OwnedNumber(_backend);
        await using var copy = new SqliteBackend(directory: _backend.Copy());
        Assert.NotNull(await copy.Numbers.Load(owned.Id));
    }

    [Fact]
    public async Task A_log_cut_off_anywhere_holds_each_change_completely_or_not_at_all()
    {
        var owned = await Sample.OwnedNumber(_backend);
        var chat = Sample.Chat(owned.Id);
        await _backend.Numbers.Commit(owned.Change() with { Chats = [chat] }, owned.Lane);
        var message = Sample.Message(chat, fromMe: true);
        var before = new FileInfo(_backend.DatabasePath + "-wal").Length;
        await _backend.Numbers.Commit(
            owned.Change() with { NewMessages = [message], Enqueued = [Sample.Queue(message, 9)], Events = [Sample.Event(message, 9)] }, owned.Lane);
        var after = new FileInfo(_backend.DatabasePath + "-wal").Length;
        Assert.True(after > before);

        var outcomes = new HashSet<bool>();
        for (var length = before; length <= after; length += 1031)
        {
            outcomes.Add(await IsThere(length));
        }

        outcomes.Add(await IsThere(after));
        Assert.Equal(2, outcomes.Count);

        async Task<bool> IsThere(long length)
        {
            var directory = _backend.Copy();
            await using (var log = File.OpenWrite(Path.Combine(directory, "loopwave.db-wal")))
            {
                log.SetLength(length);
            }

            await using var cut = new SqliteBackend(directory: directory);
            var there = await cut.Messages.Get(message.Id) is not null;
            Assert.Equal(there ? 1 : 0, await cut.Numbers.QueueLength(owned.Id));
            Assert.Equal(there ? 1 : 0, (await cut.Outbox(owned.Id)).Count);
            Assert.NotNull(await cut.Chats.Get(chat.Id));
            return there;
        }
    }

    [Fact]
    public async Task What_failed_between_the_last_write_and_the_commit_is_not_there_and_the_writer_goes_on()
    {
        var owned = await Sample.OwnedNumber(_backend);
        _backend.Writes.OnCommitting = () => throw new AskedFor();
        var commits = Enumerable.Range(0, 5).Select(i => _backend.Numbers.Commit(
            owned.Change() with { Document = owned.Document with { Label = "lost" } }, owned.Lane)).ToList();
        foreach (var commit in commits)
        {
            Assert.NotNull(await Record.ExceptionAsync(() => commit));
        }

        _backend.Writes.OnCommitting = null;
        Assert.True(owned.Lane.IsBroken);
        Assert.Equal("Support", (await _backend.Numbers.Load(owned.Id))!.Document.Label);
        Assert.Equal(CommitResult.Committed, await _backend.Numbers.Commit(owned.Change(), new CommitLane()));
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_keeps_reads_and_resumes_by_itself_when_there_is_room()
    {
        var owned = await Sample.OwnedNumber(_backend);
        var chat = Sample.Chat(owned.Id);
        await _backend.Numbers.Commit(owned.Change() with { Chats = [chat] }, owned.Lane);
        await Fill();

        var stored = new List<string>();
        StorageUnavailableException? full = null;
        for (var i = 0; full is null && i < 1000; i++)
        {
            var message = Sample.Message(chat) with { Text = new string('x', 20_000) };
            try
            {
                Assert.Equal(CommitResult.Committed, await _backend.Numbers.Commit(owned.Change() with { NewMessages = [message] }, new CommitLane()));
                stored.Add(message.Id);
            }
            catch (StorageUnavailableException error)
            {
                full = error;
            }
        }

        Assert.Contains("disk is full", full!.Message);
        Assert.Equal(stored.Count, (await _backend.Messages.Get(stored)).Count);
        var lane = new CommitLane();
        var late = Sample.Message(chat) with { Text = new string('x', 20_000) };
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _backend.Numbers.Commit(owned.Change() with { NewMessages = [late] }, lane));
        Assert.True(lane.IsBroken);

        _backend.MaxPages = null;
        Assert.Equal(CommitResult.Committed, await _backend.Numbers.Commit(owned.Change() with { NewMessages = [late] }, new CommitLane()));
        Assert.NotNull(await _backend.Messages.Get(late.Id));
        Assert.Equal(stored.Count + 1, (await _backend.Messages.Get([.. stored, late.Id])).Count);
    }

    [Fact]
    public async Task A_read_only_disk_refuses_writes_and_resumes_by_itself()
    {
        var owned = await Sample.OwnedNumber(_backend);
        await _backend.Database.Run(new Unit([new Statement("PRAGMA query_only = 1")]));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => _backend.Numbers.Commit(owned.Change(), new CommitLane()));

        // The failed write had the writer connect again, and the new connection may write.
        Assert.Equal(CommitResult.Committed, await _backend.Numbers.Commit(owned.Change(), new CommitLane()));
    }

    [Fact]
    public async Task A_probe_of_a_full_disk_throws()
    {
        await Fill();
        var big = new string('x', 100_000);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _backend.Deployment.PutSetting("big", big));
    }

    [Fact]
    public async Task A_disk_that_hangs_is_told_in_time_and_what_is_decided_late_is_seen_by_the_next_load()
    {
        await using var backend = new SqliteBackend(patience: TimeSpan.FromMilliseconds(200));
        var owned = await Sample.OwnedNumber(backend);
        using var hanging = new ManualResetEventSlim();
        backend.Writes.OnCommitting = () => hanging.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        var written = backend.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "late" } }, owned.Lane);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => written);
        Assert.True(owned.Lane.IsBroken);
        var waiting = backend.Numbers.Commit(owned.Change() with { Document = owned.Document with { Label = "never" } }, new CommitLane());
        await Assert.ThrowsAsync<StorageUnavailableException>(() => waiting);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => backend.Numbers.Load(owned.Id));

        backend.Writes.OnCommitting = null;
        hanging.Set();
        Assert.Equal("late", (await Eventually(() => backend.Numbers.Load(owned.Id)))!.Document.Label);
    }

    [Fact]
    public async Task The_cause_is_logged_once_however_often_it_strikes()
    {
        var log = new CountingLogger();
        var errors = new SqliteErrors(log, _backend.Clock);
        var full = new SqliteException("full", 13);
        errors.Unavailable(full);
        errors.Unavailable(full);
        Assert.Equal(1, log.Count);

        _backend.Clock.Advance(TimeSpan.FromSeconds(61));
        errors.Unavailable(full);
        Assert.Equal(2, log.Count);
        await Task.CompletedTask;
    }

    // The writer reconnects under the new limit after one failure, which this brings about.
    private async Task Fill()
    {
        var pages = (long)(await _backend.Database.Run(new Unit([new Statement("SELECT page_count FROM pragma_page_count").Returning()]))).Value!;
        _backend.MaxPages = (int)pages + 20;
        _backend.FailBeforeWrite(0);
        await Record.ExceptionAsync(() => _backend.Database.Run(new Unit([new Statement("SELECT 1")])));
        _backend.Writes.OnCommitting = () => throw new AskedFor();
        await Record.ExceptionAsync(() => _backend.Database.Run(new Unit([new Statement("SELECT 1")])));
        _backend.Writes.OnCommitting = null;
    }

    private static async Task<T> Eventually<T>(Func<Task<T>> read)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await read();
            }
            catch (StorageUnavailableException) when (attempt < 100)
            {
                // Still hanging: the next read waits its time again.
            }
        }
    }

    private sealed class CountingLogger : ILogger
    {
        public int Count { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Count++;
    }
}
