using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Storage.Tests.Files;
using Loopwave.Storage.Tests.Sql;

namespace Loopwave.Storage.Tests.Sqlite;

public sealed class SqliteNumberStoreTests() : NumberStoreTests(new SqliteBackend());

public sealed class SqliteNumberCommitTests() : NumberCommitTests(new SqliteBackend());

public sealed class SqliteOwnershipStoreTests() : SoleOwnershipStoreTests(new SqliteBackend());

/// <summary>The same statements without the lock file's promise, as a database for several processes will run them.</summary>
public sealed class SqliteSharedOwnershipStoreTests() : SharedOwnershipStoreTests(new SqliteBackend(singleProcess: false));

public sealed class SqliteMessageStoreTests() : MessageStoreTests(new SqliteBackend());

public sealed class SqliteChatStoreTests() : ChatStoreTests(new SqliteBackend());

public sealed class SqliteMediaStoreTests() : MediaStoreTests(new SqliteBackend());

public sealed class SqliteSentMessagesTests() : SentMessagesTests(new SqliteBackend());

public sealed class SqliteDeploymentStoreTests() : DeploymentStoreTests(new SqliteBackend());

public sealed class SqliteSiloStoreTests() : SiloStoreTests(new SqliteBackend());

public sealed class SqliteTeamStoreTests() : TeamStoreTests(new SqliteBackend());

public sealed class SqliteApiKeyStoreTests() : ApiKeyStoreTests(new SqliteBackend());

public sealed class SqliteGrainStorageTests() : GrainStorageTests(new SqliteBackend());

public sealed class SqliteReminderTableTests() : ReminderTableTests(new SqliteBackend());

public sealed class FileCredentialStoreConformance() : CredentialStoreTests(new FileCredentials());

public sealed class SqliteLeaseAgeTests : LeaseAgeTests
{
    private readonly SqliteBackend _backend;

    public SqliteLeaseAgeTests()
        : this(new SqliteBackend())
    {
    }

    private SqliteLeaseAgeTests(SqliteBackend backend)
        : base(backend) => _backend = backend;

    private protected override ISqlDatabase Database => _backend.Database;
}
