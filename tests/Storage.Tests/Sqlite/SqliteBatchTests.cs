using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Sqlite;

public sealed class SqliteBatchTests : BatchTests
{
    private readonly SqliteBackend _backend;

    public SqliteBatchTests()
        : this(new SqliteBackend())
    {
    }

    private SqliteBatchTests(SqliteBackend backend)
        : base(backend, histories: 150) => _backend = backend;

    protected override void Hold(ManualResetEventSlim goOn) => _backend.Writes.Arm(0, () => goOn.Wait(TimeSpan.FromSeconds(20)));
}
