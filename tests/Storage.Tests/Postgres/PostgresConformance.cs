using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Storage.Tests.Sql;

namespace Loopwave.Storage.Tests.Postgres;

public sealed class PostgresNumberStoreTests() : NumberStoreTests(PostgresBackend.Create());

public sealed class PostgresNumberCommitTests() : NumberCommitTests(PostgresBackend.Create());

public sealed class PostgresOwnershipStoreTests() : SharedOwnershipStoreTests(PostgresBackend.Create());

public sealed class PostgresMessageStoreTests() : MessageStoreTests(PostgresBackend.Create());

public sealed class PostgresChatStoreTests() : ChatStoreTests(PostgresBackend.Create());

public sealed class PostgresMediaStoreTests() : MediaStoreTests(PostgresBackend.Create());

public sealed class PostgresSentMessagesTests() : SentMessagesTests(PostgresBackend.Create());

public sealed class PostgresDeploymentStoreTests() : DeploymentStoreTests(PostgresBackend.Create());

public sealed class PostgresSiloStoreTests() : SiloStoreTests(PostgresBackend.Create());

public sealed class PostgresTeamStoreTests() : TeamStoreTests(PostgresBackend.Create());

public sealed class PostgresApiKeyStoreTests() : ApiKeyStoreTests(PostgresBackend.Create());

public sealed class PostgresGrainStorageTests() : GrainStorageTests(PostgresBackend.Create());

public sealed class PostgresReminderTableTests() : ReminderTableTests(PostgresBackend.Create());

public sealed class PostgresBatchTests : BatchTests
{
    private readonly PostgresBackend _backend;

    public PostgresBatchTests()
        : this(PostgresBackend.Create())
    {
    }

    private PostgresBatchTests(PostgresBackend backend)
        : base(backend, histories: 40) => _backend = backend;

    protected override void Hold(ManualResetEventSlim goOn) => _backend.Writes.OnCommitting = () =>
    {
        if (!goOn.IsSet)
        {
            goOn.Wait(TimeSpan.FromSeconds(20));
        }
    };
}

public sealed class PostgresCredentialConformance() : CredentialStoreTests(new PostgresCredentials());

public sealed class PostgresLeaseAgeTests : LeaseAgeTests
{
    private readonly PostgresBackend _backend;

    public PostgresLeaseAgeTests()
        : this(PostgresBackend.Create())
    {
    }

    private PostgresLeaseAgeTests(PostgresBackend backend)
        : base(backend) => _backend = backend;

    private protected override ISqlDatabase Database => _backend.Database;
}
