using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Sqlite;

public sealed class SqliteNumberStoreTests() : NumberStoreTests(new SqliteBackend());

public sealed class SqliteNumberCommitTests() : NumberCommitTests(new SqliteBackend());
