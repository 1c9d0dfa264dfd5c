using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Mongo;

public sealed class MongoNumberStoreTests() : NumberStoreTests(MongoBackend.Create());

public sealed class MongoNumberCommitTests() : NumberCommitTests(MongoBackend.Create());

public sealed class MongoOwnershipStoreTests() : SharedOwnershipStoreTests(MongoBackend.Create());

public sealed class MongoSiloStoreTests() : SiloStoreTests(MongoBackend.Create());

public sealed class MongoMessageStoreTests() : MessageStoreTests(MongoBackend.Create());

public sealed class MongoChatStoreTests() : ChatStoreTests(MongoBackend.Create());

public sealed class MongoMediaStoreTests() : MediaStoreTests(MongoBackend.Create());

public sealed class MongoSentMessagesTests() : SentMessagesTests(MongoBackend.Create());

public sealed class MongoDeploymentStoreTests() : DeploymentStoreTests(MongoBackend.Create());

public sealed class MongoTeamStoreTests() : TeamStoreTests(MongoBackend.Create());

public sealed class MongoApiKeyStoreTests() : ApiKeyStoreTests(MongoBackend.Create());

public sealed class MongoGrainStorageTests() : GrainStorageTests(MongoBackend.Create());

public sealed class MongoReminderTableTests() : ReminderTableTests(MongoBackend.Create());

public sealed class MongoBatchTests : BatchTests
{
    private readonly MongoBackend _backend;

    public MongoBatchTests()
        : this(MongoBackend.Create())
    {
    }

    private MongoBatchTests(MongoBackend backend)
        : base(backend, histories: 10) => _backend = backend;

    protected override void Hold(ManualResetEventSlim goOn) => _ = _backend.HoldBeforeWrite(0, goOn);
}

public sealed class MongoCredentialConformance() : CredentialStoreTests(new MongoCredentials());
