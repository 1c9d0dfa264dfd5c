using Loopwave.Sandbox;
using Loopwave.Storage.Sandbox;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>The record of the simulated network that all silos share.</summary>
public sealed class PostgresSandboxRecordTests : SharedSandboxRecordTests
{
    private readonly PostgresBackend _backend;
    private readonly PostgresBackend _other;

    public PostgresSandboxRecordTests()
        : this(PostgresBackend.Create())
    {
    }

    private PostgresSandboxRecordTests(PostgresBackend backend)
        : base(new PostgresSandboxRecord(backend.Database)) => (_backend, _other) = (backend, backend.Another());

    [Fact]
    public async Task A_connection_waits_for_one_of_another_process_that_is_being_committed()
    {
        var other = await Another();
        using var goOn = new ManualResetEventSlim();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _backend.Writes.OnCommitting = () =>
        {
            reached.TrySetResult();
            goOn.Wait(TimeSpan.FromSeconds(20));
        };
        var early = Record.Opened(new(10, Number, 1, "one", Now));
        await reached.Task;

        var late = other.Opened(new(20, Number, 2, "two", Now));
        await _other.AwaitLock(late);
        goOn.Set();

        Assert.Equal((SandboxOpening.Stands, SandboxOpening.Stands), (await early, await late));
        Assert.Equal([(10L, "replaced"), (20L, null)], (await Record.Connections(Number, 0, 10)).Select(one => (one.Id, one.End)));
    }

    public override async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await _backend.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override Task<ISandboxRecord> Another() => Task.FromResult<ISandboxRecord>(new PostgresSandboxRecord(_other.Database));
}
