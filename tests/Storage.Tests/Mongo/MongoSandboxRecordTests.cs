using Loopwave.Storage.Sandbox;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>The record of the simulated network that all silos share.</summary>
public sealed class MongoSandboxRecordTests : SharedSandboxRecordTests
{
    private readonly MongoBackend _backend;

    public MongoSandboxRecordTests()
        : this(MongoBackend.Create())
    {
    }

    private MongoSandboxRecordTests(MongoBackend backend)
        : base(new MongoSandboxRecord(backend.Database)) => _backend = backend;

    public override async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        await base.DisposeAsync();
    }
}
