using Loopwave.Sandbox;
using Loopwave.Storage.Mongo;
using Loopwave.Storage.Sandbox;
using Loopwave.Storage.Tests.Conformance;
using MongoDB.Driver.Core.Configuration;
using MongoDB.Driver.Core.Events;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>The record of the simulated network that all silos share.</summary>
public sealed class MongoSandboxRecordTests : SharedSandboxRecordTests
{
    private readonly MongoBackend _backend;
    private MongoBackend? _other;

    public MongoSandboxRecordTests()
        : this(MongoBackend.Create())
    {
    }

    private MongoSandboxRecordTests(MongoBackend backend)
        : base(new MongoSandboxRecord(backend.Database)) => _backend = backend;

    [Fact]
    public async Task A_connection_that_a_later_one_overtakes_before_it_is_there_has_ended_with_that_one()
    {
        using var slow = new Slow();
        await using var backend = await MongoBackend.Open(_backend.Name, isOwner: false, options => options with { Configure = slow.Listen });
        var early = Task.Run(() => new MongoSandboxRecord(backend.Database).Opened(new(10, Number, 1, "one", Now)));
        await slow.Inserting;
        Assert.Equal(SandboxOpening.Stands, await Record.Opened(new(20, Number, 2, "two", Now.AddSeconds(1))));

        // It is there now, and its process knows nothing yet, if it ever does.
        slow.Insert();
        await slow.Asking;
        Assert.Equal(
            [
                new SandboxConnectionView(10, 1, "one", Now, Now.AddSeconds(1), 20, "replaced"),
                new SandboxConnectionView(20, 2, "two", Now.AddSeconds(1), null, null, null),
            ],
            await Record.Connections(Number, 0, 10));

        slow.Ask();
        Assert.Equal(SandboxOpening.Replaced, await early);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_other is not null)
        {
            await _other.DisposeAsync();
        }

        await _backend.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override async Task<ISandboxRecord> Another() => new MongoSandboxRecord((_other ??= await _backend.Another()).Database);

    /// <summary>Stands in front of a connection's document, and of what is asked for after it.</summary>
    private sealed class Slow : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

        private readonly TaskCompletionSource _inserting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _asking = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _insert = new();
        private readonly ManualResetEventSlim _ask = new();

        public Task Inserting => _inserting.Task;

        public Task Asking => _asking.Task;

        public void Insert() => _insert.Set();

        public void Ask() => _ask.Set();

        public void Listen(ClusterBuilder cluster) => cluster.Subscribe<CommandStartedEvent>(started =>
        {
            if (started.CommandName is "insert" && started.Command["insert"].AsString is MongoCollections.SandboxConnection)
            {
                _inserting.TrySetResult();
                _insert.Wait(Patience);
            }
            else if (started.CommandName is "find" && _insert.IsSet)
            {
                _asking.TrySetResult();
                _ask.Wait(Patience);
            }
        });

        public void Dispose()
        {
            _insert.Dispose();
            _ask.Dispose();
        }
    }
}
