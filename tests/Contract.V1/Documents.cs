using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loopwave.Contract.V1;

public sealed record ApiKeyDocumentThen
{
    [JsonPropertyName("id")] public string? Id { get; init; }
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("test")] public bool Test { get; init; }
    [JsonPropertyName("secretHash")] public string? SecretHash { get; init; }
    [JsonPropertyName("lastFour")] public string? LastFour { get; init; }
    [JsonPropertyName("scopes")] public IReadOnlyList<string>? Scopes { get; init; }
    [JsonPropertyName("numbers")] public IReadOnlyList<string>? Numbers { get; init; }
    [JsonPropertyName("enabled")] public bool Enabled { get; init; }
    [JsonPropertyName("creator")] public string? Creator { get; init; }
    [JsonPropertyName("createdAt")] public DateTimeOffset CreatedAt { get; init; }
    [JsonPropertyName("lastUsedAt")] public DateTimeOffset? LastUsedAt { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public enum AuthorTypeThen
{
    Contact,
    Member,
    Phone,
    Api,
    Automation,
    Broadcast,
}

public sealed record CauseThen
{
    [JsonPropertyName("code")] public string? Code { get; init; }
    [JsonPropertyName("message")] public string? Message { get; init; }
}

public sealed record ChatDocumentThen
{
    [JsonPropertyName("id")] public string? Id { get; init; }
    [JsonPropertyName("number")] public string? Number { get; init; }
    [JsonPropertyName("party")] public string? Party { get; init; }
    [JsonPropertyName("jid")] public string? Jid { get; init; }
    [JsonPropertyName("type")] public ChatTypeThen Type { get; init; }
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("contact")] public string? Contact { get; init; }
    [JsonPropertyName("status")] public ChatStatusThen Status { get; init; }
    [JsonPropertyName("assignee")] public PersonThen? Assignee { get; init; }
    [JsonPropertyName("unreadCount")] public int UnreadCount { get; init; }
    [JsonPropertyName("lastMessage")] public LastMessageThen? LastMessage { get; init; }
    [JsonPropertyName("lastMessageAt")] public DateTimeOffset? LastMessageAt { get; init; }
    [JsonPropertyName("readAt")] public DateTimeOffset? ReadAt { get; init; }
    [JsonPropertyName("verified")] public bool Verified { get; init; }
    [JsonPropertyName("appliedSequence")] public long AppliedSequence { get; init; }
    [JsonPropertyName("resolvedAt")] public DateTimeOffset? ResolvedAt { get; init; }
    [JsonPropertyName("mergedInto")] public string? MergedInto { get; init; }
    [JsonPropertyName("createdAt")] public DateTimeOffset CreatedAt { get; init; }
    [JsonPropertyName("updatedAt")] public DateTimeOffset UpdatedAt { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public enum ChatStatusThen
{
    Open,
    Resolved,
}

public enum ChatTypeThen
{
    Direct,
    Group,
}

public sealed record ContactCardThen
{
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("phones")] public IReadOnlyList<string>? Phones { get; init; }
}

public sealed record ContactDocumentThen
{
    [JsonPropertyName("id")] public string? Id { get; init; }
    [JsonPropertyName("version")] public int Version { get; init; }
    [JsonPropertyName("party")] public string? Party { get; init; }
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("nameIsSaved")] public bool NameIsSaved { get; init; }
    [JsonPropertyName("phone")] public string? Phone { get; init; }
    [JsonPropertyName("tags")] public IReadOnlyList<string>? Tags { get; init; }
    [JsonPropertyName("lastContactedAt")] public DateTimeOffset? LastContactedAt { get; init; }
    [JsonPropertyName("mergedInto")] public string? MergedInto { get; init; }
    [JsonPropertyName("createdAt")] public DateTimeOffset CreatedAt { get; init; }
    [JsonPropertyName("updatedAt")] public DateTimeOffset UpdatedAt { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public enum DesiredStateThen
{
    Started,
    Stopped,
}

public enum EngineKindThen
{
    [JsonStringEnumMemberName("whatsapp")]
    WhatsApp,
    Sandbox,
}

public sealed record GroupSubjectThen
{
    [JsonPropertyName("jid")] public string? Jid { get; init; }
    [JsonPropertyName("subject")] public string? Subject { get; init; }
}

public sealed record LastMessageThen
{
    [JsonPropertyName("id")] public string? Id { get; init; }
    [JsonPropertyName("type")] public MessageTypeThen Type { get; init; }
    [JsonPropertyName("text")] public string? Text { get; init; }
    [JsonPropertyName("fromMe")] public bool FromMe { get; init; }
    [JsonPropertyName("status")] public MessageStatusThen Status { get; init; }
    [JsonPropertyName("timestamp")] public DateTimeOffset Timestamp { get; init; }
}

public sealed record LinkAttemptThen
{
    [JsonPropertyName("phone")] public string? Phone { get; init; }
    [JsonPropertyName("replace")] public bool Replace { get; init; }
    [JsonPropertyName("startedAt")] public DateTimeOffset StartedAt { get; init; }
}

public sealed record LocationThen
{
    [JsonPropertyName("latitude")] public double Latitude { get; init; }
    [JsonPropertyName("longitude")] public double Longitude { get; init; }
    [JsonPropertyName("name")] public string? Name { get; init; }
}

public sealed record LogOutDueThen
{
    [JsonPropertyName("then")] public SessionStateThen Then { get; init; }
    [JsonPropertyName("by")] public DateTimeOffset By { get; init; }
}

public sealed record MediaDocumentThen
{
    [JsonPropertyName("id")] public string? Id { get; init; }
    [JsonPropertyName("number")] public string? Number { get; init; }
    [JsonPropertyName("message")] public string? Message { get; init; }
    [JsonPropertyName("mimeType")] public string? MimeType { get; init; }
    [JsonPropertyName("fileName")] public string? FileName { get; init; }
    [JsonPropertyName("size")] public long? Size { get; init; }
    [JsonPropertyName("durationSeconds")] public int? DurationSeconds { get; init; }
    [JsonPropertyName("state")] public MediaStateThen State { get; init; }
    [JsonPropertyName("reason")] public CauseThen? Reason { get; init; }
    [JsonPropertyName("hash")] public string? Hash { get; init; }
    [JsonPropertyName("remote")] public RemoteFileThen? Remote { get; init; }
    [JsonPropertyName("usedAt")] public DateTimeOffset UsedAt { get; init; }
    [JsonPropertyName("createdAt")] public DateTimeOffset CreatedAt { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public enum MediaStateThen
{
    None,
    Loading,
    Ready,
    Failed,
}

public sealed record MemberDocumentThen
{
    [JsonPropertyName("id")] public string? Id { get; init; }
    [JsonPropertyName("email")] public string? Email { get; init; }
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("role")] public RoleThen Role { get; init; }
    [JsonPropertyName("passwordHash")] public string? PasswordHash { get; init; }
    [JsonPropertyName("createdAt")] public DateTimeOffset CreatedAt { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public sealed record MessageAuthorThen
{
    [JsonPropertyName("type")] public AuthorTypeThen Type { get; init; }
    [JsonPropertyName("id")] public string? Id { get; init; }
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("jid")] public string? Jid { get; init; }
}

public sealed record MessageDocumentThen
{
    [JsonPropertyName("id")] public string? Id { get; init; }
    [JsonPropertyName("number")] public string? Number { get; init; }
    [JsonPropertyName("chat")] public string? Chat { get; init; }
    [JsonPropertyName("sender")] public string? Sender { get; init; }
    [JsonPropertyName("whatsAppId")] public string? WhatsAppId { get; init; }
    [JsonPropertyName("fromMe")] public bool FromMe { get; init; }
    [JsonPropertyName("history")] public bool History { get; init; }
    [JsonPropertyName("author")] public MessageAuthorThen? Author { get; init; }
    [JsonPropertyName("type")] public MessageTypeThen Type { get; init; }
    [JsonPropertyName("text")] public string? Text { get; init; }
    [JsonPropertyName("media")] public string? Media { get; init; }
    [JsonPropertyName("location")] public LocationThen? Location { get; init; }
    [JsonPropertyName("contacts")] public IReadOnlyList<ContactCardThen>? Contacts { get; init; }
    [JsonPropertyName("poll")] public PollThen? Poll { get; init; }
    [JsonPropertyName("replyTo")] public string? ReplyTo { get; init; }
    [JsonPropertyName("mentions")] public IReadOnlyList<string>? Mentions { get; init; }
    [JsonPropertyName("reactions")] public IReadOnlyList<ReactionThen>? Reactions { get; init; }
    [JsonPropertyName("editedAt")] public DateTimeOffset? EditedAt { get; init; }
    [JsonPropertyName("deletedAt")] public DateTimeOffset? DeletedAt { get; init; }
    [JsonPropertyName("status")] public MessageStatusThen Status { get; init; }
    [JsonPropertyName("error")] public CauseThen? Error { get; init; }
    [JsonPropertyName("timestamp")] public DateTimeOffset Timestamp { get; init; }
    [JsonPropertyName("sendAt")] public DateTimeOffset? SendAt { get; init; }
    [JsonPropertyName("clientMessageId")] public string? ClientMessageId { get; init; }
    [JsonPropertyName("timeline")] public IReadOnlyList<StatusChangeThen>? Timeline { get; init; }
    [JsonPropertyName("updatedAt")] public DateTimeOffset UpdatedAt { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public enum MessageStatusThen
{
    Received,
    Scheduled,
    Queued,
    Sent,
    Delivered,
    Read,
    Failed,
    Cancelled,
}

public enum MessageTypeThen
{
    Text,
    Image,
    Video,
    Audio,
    Voice,
    Document,
    Sticker,
    Location,
    Contact,
    Poll,
    Unsupported,
}

public enum NumberDetailThen
{
    Linking,
    Stopped,
    Restricted,
}

public sealed record NumberDocumentThen
{
    [JsonPropertyName("id")] public string? Id { get; init; }
    [JsonPropertyName("label")] public string? Label { get; init; }
    [JsonPropertyName("engine")] public EngineKindThen Engine { get; init; }
    [JsonPropertyName("desired")] public DesiredStateThen Desired { get; init; }
    [JsonPropertyName("session")] public NumberSessionThen? Session { get; init; }
    [JsonPropertyName("phone")] public string? Phone { get; init; }
    [JsonPropertyName("lid")] public string? Lid { get; init; }
    [JsonPropertyName("pushName")] public string? PushName { get; init; }
    [JsonPropertyName("tags")] public IReadOnlyList<string>? Tags { get; init; }
    [JsonPropertyName("proxy")] public NumberProxyThen? Proxy { get; init; }
    [JsonPropertyName("history")] public JsonElement? History { get; init; }
    [JsonPropertyName("subjects")] public IReadOnlyList<GroupSubjectThen>? Subjects { get; init; }
    [JsonPropertyName("cut")] public QueueCutThen? Cut { get; init; }
    [JsonPropertyName("createdAt")] public DateTimeOffset CreatedAt { get; init; }
    [JsonPropertyName("updatedAt")] public DateTimeOffset UpdatedAt { get; init; }
    [JsonPropertyName("removedAt")] public DateTimeOffset? RemovedAt { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public sealed record NumberProxyThen
{
    [JsonPropertyName("url")] public string? Url { get; init; }
    [JsonPropertyName("shown")] public string? Shown { get; init; }
}

public sealed record NumberSessionThen
{
    [JsonPropertyName("state")] public SessionStateThen State { get; init; }
    [JsonPropertyName("since")] public DateTimeOffset Since { get; init; }
    [JsonPropertyName("movedAt")] public DateTimeOffset MovedAt { get; init; }
    [JsonPropertyName("reason")] public CauseThen? Reason { get; init; }
    [JsonPropertyName("dueAt")] public DateTimeOffset? DueAt { get; init; }
    [JsonPropertyName("until")] public DateTimeOffset? Until { get; init; }
    [JsonPropertyName("attempt")] public int Attempt { get; init; }
    [JsonPropertyName("paired")] public bool Paired { get; init; }
    [JsonPropertyName("link")] public LinkAttemptThen? Link { get; init; }
    [JsonPropertyName("unwanted")] public CauseThen? Unwanted { get; init; }
    [JsonPropertyName("logOutDue")] public LogOutDueThen? LogOutDue { get; init; }
    [JsonPropertyName("wipeDue")] public bool WipeDue { get; init; }
    [JsonPropertyName("replaced")] public bool Replaced { get; init; }
}

public enum NumberStatusThen
{
    Ready,
    Connecting,
    Disconnected,
    LoggedOut,
}

public sealed record NumberTransitionThen
{
    [JsonPropertyName("status")] public NumberStatusThen Status { get; init; }
    [JsonPropertyName("detail")] public NumberDetailThen? Detail { get; init; }
    [JsonPropertyName("reason")] public CauseThen? Reason { get; init; }
    [JsonPropertyName("at")] public DateTimeOffset At { get; init; }
}

public enum OutboundKindThen
{
    Message,
    Reaction,
    Edit,
    Revoke,
}

public sealed record PersonThen
{
    [JsonPropertyName("id")] public string? Id { get; init; }
    [JsonPropertyName("name")] public string? Name { get; init; }
}

public sealed record PollThen
{
    [JsonPropertyName("question")] public string? Question { get; init; }
    [JsonPropertyName("options")] public IReadOnlyList<string>? Options { get; init; }
}

public sealed record QueueCutThen
{
    [JsonPropertyName("upTo")] public long UpTo { get; init; }
    [JsonPropertyName("error")] public CauseThen? Error { get; init; }
}

public sealed record QueueItemThen
{
    [JsonPropertyName("number")] public string? Number { get; init; }
    [JsonPropertyName("sequence")] public long Sequence { get; init; }
    [JsonPropertyName("chat")] public string? Chat { get; init; }
    [JsonPropertyName("message")] public string? Message { get; init; }
    [JsonPropertyName("kind")] public OutboundKindThen Kind { get; init; }
    [JsonPropertyName("whatsAppId")] public string? WhatsAppId { get; init; }
    [JsonPropertyName("jid")] public string? Jid { get; init; }
    [JsonPropertyName("state")] public QueueStateThen State { get; init; }
    [JsonPropertyName("dueAt")] public DateTimeOffset DueAt { get; init; }
    [JsonPropertyName("expiresAt")] public DateTimeOffset ExpiresAt { get; init; }
    [JsonPropertyName("epoch")] public long Epoch { get; init; }
    [JsonPropertyName("attempts")] public int Attempts { get; init; }
    [JsonPropertyName("handedAt")] public DateTimeOffset? HandedAt { get; init; }
    [JsonPropertyName("failures")] public int Failures { get; init; }
    [JsonPropertyName("prepared")] public byte[]? Prepared { get; init; }
    [JsonPropertyName("argument")] public string? Argument { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public enum QueueStateThen
{
    Queued,
    Claimed,
    Handed,
}

public sealed record ReactionThen
{
    [JsonPropertyName("emoji")] public string? Emoji { get; init; }
    [JsonPropertyName("fromMe")] public bool FromMe { get; init; }
    [JsonPropertyName("jid")] public string? Jid { get; init; }
    [JsonPropertyName("timestamp")] public DateTimeOffset Timestamp { get; init; }
}

public sealed record RemoteFileThen
{
    [JsonPropertyName("locator")] public byte[]? Locator { get; init; }
    [JsonPropertyName("mimeType")] public string? MimeType { get; init; }
    [JsonPropertyName("fileName")] public string? FileName { get; init; }
    [JsonPropertyName("size")] public long? Size { get; init; }
    [JsonPropertyName("durationSeconds")] public int? DurationSeconds { get; init; }
}

public enum RoleThen
{
    Agent,
    Admin,
}

public sealed record SandboxAccountThen
{
    [JsonPropertyName("number")] public string? Number { get; init; }
    [JsonPropertyName("phone")] public string? Phone { get; init; }
    [JsonPropertyName("lid")] public string? Lid { get; init; }
    [JsonPropertyName("pushName")] public string? PushName { get; init; }
    [JsonPropertyName("deviceKey")] public byte[]? DeviceKey { get; init; }
    [JsonPropertyName("links")] public int Links { get; init; }
    [JsonPropertyName("faults")] public SandboxFaultsThen? Faults { get; init; }
    [JsonPropertyName("autoLink")] public bool? AutoLink { get; init; }
    [JsonPropertyName("history")] public SandboxHistoryThen? History { get; init; }
    [JsonPropertyName("historyAt")] public DateTimeOffset? HistoryAt { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public sealed record SandboxFaultsThen
{
    [JsonPropertyName("neverAck")] public bool NeverAck { get; init; }
    [JsonPropertyName("slowAck")] public bool SlowAck { get; init; }
    [JsonPropertyName("deaf")] public bool Deaf { get; init; }
    [JsonPropertyName("duplicateDeliveries")] public bool DuplicateDeliveries { get; init; }
    [JsonPropertyName("linksExpire")] public bool LinksExpire { get; init; }
    [JsonPropertyName("mediaGone")] public bool MediaGone { get; init; }
    [JsonPropertyName("phoneOff")] public bool PhoneOff { get; init; }
    [JsonPropertyName("refuseOpens")] public int? RefuseOpens { get; init; }
    [JsonPropertyName("refuseOpensUntil")] public DateTimeOffset? RefuseOpensUntil { get; init; }
}

public sealed record SandboxHistoryThen
{
    [JsonPropertyName("chats")] public int Chats { get; init; }
    [JsonPropertyName("messages")] public int Messages { get; init; }
}

public sealed record SessionDocumentThen
{
    [JsonPropertyName("tokenHash")] public string? TokenHash { get; init; }
    [JsonPropertyName("member")] public string? Member { get; init; }
    [JsonPropertyName("createdAt")] public DateTimeOffset CreatedAt { get; init; }
    [JsonPropertyName("expiresAt")] public DateTimeOffset ExpiresAt { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public enum SessionStateThen
{
    LoggedOut,
    Pending,
    Admitted,
    Connecting,
    Linking,
    Scanned,
    Ready,
    Waiting,
    Held,
    Restricted,
    Stopped,
    Removed,
}

public sealed record SiloReportThen
{
    [JsonPropertyName("silo")] public string? Silo { get; init; }
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("state")] public SiloStateThen State { get; init; }
    [JsonPropertyName("version")] public string? Version { get; init; }
    [JsonPropertyName("startedAt")] public DateTimeOffset StartedAt { get; init; }
    [JsonPropertyName("numbers")] public IReadOnlyDictionary<NumberStatusThen, int>? Numbers { get; init; }
    [JsonPropertyName("queued")] public int Queued { get; init; }
    [JsonPropertyName("memoryBytes")] public long MemoryBytes { get; init; }
    [JsonPropertyName("cpuCores")] public double CpuCores { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}

public enum SiloStateThen
{
    Active,
    Draining,
    Drained,
}

public sealed record StatusChangeThen
{
    [JsonPropertyName("status")] public MessageStatusThen Status { get; init; }
    [JsonPropertyName("at")] public DateTimeOffset At { get; init; }
}

public sealed record TimelineEntryThen
{
    [JsonPropertyName("number")] public string? Number { get; init; }
    [JsonPropertyName("sequence")] public long Sequence { get; init; }
    [JsonPropertyName("transition")] public NumberTransitionThen? Transition { get; init; }
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }
}
