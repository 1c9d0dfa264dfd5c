namespace Loopwave.Storage.Mongo;

/// <summary>The names of the collections: those of the tables in SQL. Orleans' own have theirs.</summary>
internal static class MongoCollections
{
    public const string Number = "number";
    public const string Lease = "silo_lease";
    public const string Silo = "silo";

    /// <summary>What a commit under way has to itself, see <see cref="MongoClaims"/>.</summary>
    public const string Claim = "claim";

    /// <summary>Records of commits that are too large for the number's document, see <see cref="MongoRecords"/>.</summary>
    public const string RecordPart = "record_part";
    public const string Timeline = "number_timeline";
    public const string Idempotency = "idempotency";
    public const string PartyAlias = "party_alias";
    public const string PartyMerge = "party_merge";
    public const string Chat = "chat";
    public const string Contact = "contact";
    public const string Message = "message";
    public const string Queue = "send_queue";
    public const string SentMessage = "sent_message";
    public const string Media = "media";
    public const string Outbox = "outbox";
    public const string Setting = "setting";
    public const string ApiKey = "api_key";
    public const string Member = "member";
    public const string MemberSession = "member_session";
    public const string Credential = "credential";
    public const string CredentialPart = "credential_part";
    public const string SandboxAccount = "sandbox_account";
    public const string SandboxSent = "sandbox_sent";
    public const string SandboxMail = "sandbox_mail";
    public const string SandboxReadMark = "sandbox_read_mark";
    public const string SandboxConnection = "sandbox_connection";

    /// <summary>As Orleans.Providers.MongoDB names it with its usual prefix.</summary>
    public const string Reminder = "OrleansReminderV2";

    /// <summary>In front of the name of a state, as there.</summary>
    public const string GrainPrefix = "Grains";
}
