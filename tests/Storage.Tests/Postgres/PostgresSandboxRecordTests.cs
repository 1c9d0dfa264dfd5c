using Loopwave.Storage.Sandbox;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>The record of the simulated network that all silos share.</summary>
public sealed class PostgresSandboxRecordTests : SharedSandboxRecordTests
{
    private readonly PostgresBackend _backend;

    public PostgresSandboxRecordTests()
        : this(PostgresBackend.Create())
    {
    }

    private PostgresSandboxRecordTests(PostgresBackend backend)
        : base(new PostgresSandboxRecord(backend.Database)) => _backend = backend;

    public override async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        await base.DisposeAsync();
    }
}
