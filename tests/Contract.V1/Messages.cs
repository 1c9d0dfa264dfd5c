namespace Loopwave.Contract.V1;

[GenerateSerializer, Alias("loopwave.access")]
public sealed record Access
{
    [Id(0)] public bool SandboxOnly { get; init; }
    [Id(1)] public IReadOnlyList<string>? Numbers { get; init; }
}

[GenerateSerializer, Alias("loopwave.api-key-view")]
public sealed record ApiKeyView
{
    [Id(0)] public string? Id { get; init; }
    [Id(1)] public string? Name { get; init; }
    [Id(2)] public string? Hint { get; init; }
    [Id(3)] public IReadOnlyList<string>? Scopes { get; init; }
    [Id(4)] public IReadOnlyList<string>? Numbers { get; init; }
    [Id(5)] public bool Enabled { get; init; }
    [Id(6)] public DateTimeOffset CreatedAt { get; init; }
    [Id(7)] public DateTimeOffset? LastUsedAt { get; init; }
}

[GenerateSerializer, Alias("loopwave.api-node-view")]
public sealed record ApiNodeView
{
    [Id(0)] public string? Name { get; init; }
    [Id(1)] public string? Version { get; init; }
    [Id(2)] public DateTimeOffset StartedAt { get; init; }
}

[Alias("loopwave.author-type")]
public enum AuthorType
{
    Contact = 0,
    Member = 1,
    Phone = 2,
    Api = 3,
    Automation = 4,
    Broadcast = 5,
}

[GenerateSerializer, Alias("loopwave.cause")]
public sealed record Cause
{
    [Id(0)] public string? Code { get; init; }
    [Id(1)] public string? Message { get; init; }
}

[GenerateSerializer, Alias("loopwave.chat-details")]
public sealed record ChatDetails
{
    [Id(0)] public ChatView? Chat { get; init; }
    [Id(1)] public Typing? Typing { get; init; }
}

[GenerateSerializer, Alias("loopwave.chat-filter")]
public sealed record ChatFilter
{
    [Id(0)] public ChatStatus? Status { get; init; }
    [Id(1)] public bool? Unread { get; init; }
    [Id(2)] public string? Number { get; init; }
    [Id(3)] public string? Search { get; init; }
}

[Alias("loopwave.chat-status")]
public enum ChatStatus
{
    Open = 0,
    Resolved = 1,
}

[Alias("loopwave.chat-type")]
public enum ChatType
{
    Direct = 0,
    Group = 1,
}

[GenerateSerializer, Alias("loopwave.chat-view")]
public sealed record ChatView
{
    [Id(0)] public string? Id { get; init; }
    [Id(1)] public string? ChatId { get; init; }
    [Id(2)] public string? Number { get; init; }
    [Id(3)] public ChatType Type { get; init; }
    [Id(4)] public string? Name { get; init; }
    [Id(5)] public string? Phone { get; init; }
    [Id(6)] public string? Contact { get; init; }
    [Id(7)] public IReadOnlyList<string>? Tags { get; init; }
    [Id(8)] public ChatStatus Status { get; init; }
    [Id(9)] public Person? Assignee { get; init; }
    [Id(10)] public int UnreadCount { get; init; }
    [Id(11)] public LastMessage? LastMessage { get; init; }
    [Id(12)] public DateTimeOffset? LastMessageAt { get; init; }
    [Id(13)] public DateTimeOffset? ResolvedAt { get; init; }
    [Id(14)] public DateTimeOffset CreatedAt { get; init; }
    [Id(15)] public DateTimeOffset UpdatedAt { get; init; }
}

[GenerateSerializer, Alias("loopwave.cluster-view")]
public sealed record ClusterView
{
    [Id(0)] public IReadOnlyList<SiloView>? Silos { get; init; }
    [Id(1)] public IReadOnlyList<ApiNodeView>? ApiNodes { get; init; }
    [Id(2)] public IReadOnlyDictionary<NumberStatus, int>? Numbers { get; init; }
    [Id(3)] public int Queued { get; init; }
    [Id(4)] public ConnectBudgetView? ConnectBudget { get; init; }
    [Id(5)] public OutboxView? Outbox { get; init; }
}

[GenerateSerializer, Alias("loopwave.connect-budget-view")]
public sealed record ConnectBudgetView
{
    [Id(0)] public double? PerSecond { get; init; }
    [Id(1)] public int LastSecond { get; init; }
    [Id(2)] public int Waiting { get; init; }
}

[GenerateSerializer, Alias("loopwave.contact-card")]
public sealed record ContactCard
{
    [Id(0)] public string? Name { get; init; }
    [Id(1)] public IReadOnlyList<string>? Phones { get; init; }
}

[GenerateSerializer, Alias("loopwave.created-api-key")]
public sealed record CreatedApiKey
{
    [Id(0)] public ApiKeyView? View { get; init; }
    [Id(1)] public string? Key { get; init; }
}

[GenerateSerializer, Alias("loopwave.credential-entry")]
public sealed record CredentialEntry
{
    [Id(0)] public string? Name { get; init; }
    [Id(1)] public byte[]? Value { get; init; }
}

[Alias("loopwave.desired-state")]
public enum DesiredState
{
    Started = 0,
    Stopped = 1,
}

[GenerateSerializer, Alias("loopwave.engine-batch")]
public sealed record EngineBatch
{
    [Id(0)] public string? Number { get; init; }
    [Id(1)] public EngineCursor? First { get; init; }
    [Id(2)] public IReadOnlyList<EngineEvent>? Events { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-cursor")]
public sealed record EngineCursor
{
    [Id(0)] public string? Host { get; init; }
    [Id(1)] public long Epoch { get; init; }
    [Id(2)] public long Sequence { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event")]
public abstract record EngineEvent;

[GenerateSerializer, Alias("loopwave.engine-event.alias-learned")]
public sealed record EngineEventAliasLearned : EngineEvent
{
    [Id(0)] public string? PhoneJid { get; init; }
    [Id(1)] public string? Lid { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.chat-read")]
public sealed record EngineEventChatRead : EngineEvent
{
    [Id(0)] public string? Jid { get; init; }
    [Id(1)] public DateTimeOffset At { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.closed")]
public sealed record EngineEventClosed : EngineEvent
{
    [Id(0)] public int Code { get; init; }
    [Id(1)] public DateTimeOffset? Until { get; init; }
    [Id(2)] public string? Cause { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.credentials-changed")]
public sealed record EngineEventCredentialsChanged : EngineEvent
{
    [Id(0)] public IReadOnlyList<CredentialEntry>? Changes { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.history-received")]
public sealed record EngineEventHistoryReceived : EngineEvent
{
    [Id(0)] public IReadOnlyList<InboundMessage>? Messages { get; init; }
    [Id(1)] public string? Request { get; init; }
    [Id(2)] public int? Percent { get; init; }
    [Id(3)] public bool Done { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.link-offered")]
public sealed record EngineEventLinkOffered : EngineEvent
{
    [Id(0)] public string? Qr { get; init; }
    [Id(1)] public string? Code { get; init; }
    [Id(2)] public DateTimeOffset ExpiresAt { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.link-scanned")]
public sealed record EngineEventLinkScanned : EngineEvent;

[GenerateSerializer, Alias("loopwave.engine-event.linked")]
public sealed record EngineEventLinked : EngineEvent
{
    [Id(0)] public string? Phone { get; init; }
    [Id(1)] public string? Lid { get; init; }
    [Id(2)] public string? PushName { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.message-edited")]
public sealed record EngineEventMessageEdited : EngineEvent
{
    [Id(0)] public string? Jid { get; init; }
    [Id(1)] public TargetMessage? Target { get; init; }
    [Id(2)] public string? Text { get; init; }
    [Id(3)] public DateTimeOffset At { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.message-received")]
public sealed record EngineEventMessageReceived : EngineEvent
{
    [Id(0)] public InboundMessage? Message { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.message-revoked")]
public sealed record EngineEventMessageRevoked : EngineEvent
{
    [Id(0)] public string? Jid { get; init; }
    [Id(1)] public TargetMessage? Target { get; init; }
    [Id(2)] public DateTimeOffset At { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.named")]
public sealed record EngineEventNamed : EngineEvent
{
    [Id(0)] public string? Jid { get; init; }
    [Id(1)] public string? Name { get; init; }
    [Id(2)] public bool Saved { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.opened")]
public sealed record EngineEventOpened : EngineEvent
{
    [Id(0)] public string? PushName { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.ping-lost")]
public sealed record EngineEventPingLost : EngineEvent;

[GenerateSerializer, Alias("loopwave.engine-event.reaction-received")]
public sealed record EngineEventReactionReceived : EngineEvent
{
    [Id(0)] public string? Jid { get; init; }
    [Id(1)] public TargetMessage? Target { get; init; }
    [Id(2)] public string? Emoji { get; init; }
    [Id(3)] public bool FromMe { get; init; }
    [Id(4)] public string? Participant { get; init; }
    [Id(5)] public DateTimeOffset At { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.receipt-received")]
public sealed record EngineEventReceiptReceived : EngineEvent
{
    [Id(0)] public string? Jid { get; init; }
    [Id(1)] public IReadOnlyList<string>? WhatsAppIds { get; init; }
    [Id(2)] public ReceiptKind Kind { get; init; }
    [Id(3)] public DateTimeOffset At { get; init; }
    [Id(4)] public string? Participant { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.server-acknowledged")]
public sealed record EngineEventServerAcknowledged : EngineEvent
{
    [Id(0)] public string? WhatsAppId { get; init; }
    [Id(1)] public DateTimeOffset At { get; init; }
    [Id(2)] public int? Error { get; init; }
}

[GenerateSerializer, Alias("loopwave.engine-event.unknown")]
public sealed record EngineEventUnknown : EngineEvent
{
    [Id(0)] public string? Type { get; init; }
}

[Alias("loopwave.engine-kind")]
public enum EngineKind
{
    WhatsApp = 0,
    Sandbox = 1,
}

[GenerateSerializer, Alias("loopwave.engine-presence")]
public sealed record EnginePresence
{
    [Id(0)] public string? Number { get; init; }
    [Id(1)] public long Epoch { get; init; }
    [Id(2)] public string? Jid { get; init; }
    [Id(3)] public PresenceState State { get; init; }
    [Id(4)] public string? Participant { get; init; }
}

[GenerateSerializer, Alias("loopwave.health-part")]
public sealed record HealthPart
{
    [Id(0)] public string? Name { get; init; }
    [Id(1)] public bool Ready { get; init; }
    [Id(2)] public string? Message { get; init; }
}

[GenerateSerializer, Alias("loopwave.history-progress")]
public sealed record HistoryProgress
{
    [Id(0)] public HistoryState State { get; init; }
    [Id(1)] public int? Percent { get; init; }
    [Id(2)] public Cause? Reason { get; init; }
}

[GenerateSerializer, Alias("loopwave.history-request")]
public sealed record HistoryRequest
{
    [Id(0)] public string? Chat { get; init; }
}

[Alias("loopwave.history-state")]
public enum HistoryState
{
    None = 0,
    Syncing = 1,
    Done = 2,
}

[GenerateSerializer, Alias("loopwave.idempotency-key")]
public sealed record IdempotencyKey
{
    [Id(0)] public string? Scope { get; init; }
    [Id(1)] public string? Key { get; init; }
    [Id(2)] public string? BodyHash { get; init; }
}

[GenerateSerializer, Alias("loopwave.inbound-message")]
public sealed record InboundMessage
{
    [Id(0)] public string? WhatsAppId { get; init; }
    [Id(1)] public string? Jid { get; init; }
    [Id(2)] public string? OtherJid { get; init; }
    [Id(3)] public bool FromMe { get; init; }
    [Id(4)] public string? Participant { get; init; }
    [Id(5)] public string? OtherParticipant { get; init; }
    [Id(6)] public string? PushName { get; init; }
    [Id(7)] public DateTimeOffset Timestamp { get; init; }
    [Id(8)] public MessageType Type { get; init; }
    [Id(9)] public string? Text { get; init; }
    [Id(10)] public RemoteFile? File { get; init; }
    [Id(11)] public Location? Location { get; init; }
    [Id(12)] public IReadOnlyList<ContactCard>? Contacts { get; init; }
    [Id(13)] public Poll? Poll { get; init; }
    [Id(14)] public TargetMessage? ReplyTo { get; init; }
    [Id(15)] public IReadOnlyList<string>? Mentions { get; init; }
}

[GenerateSerializer, Alias("loopwave.key-admission")]
public sealed record KeyAdmission
{
    [Id(0)] public bool Known { get; init; }
    [Id(1)] public bool WithinRate { get; init; }
    [Id(2)] public int Limit { get; init; }
    [Id(3)] public int Remaining { get; init; }
    [Id(4)] public DateTimeOffset ResetAt { get; init; }
    [Id(5)] public IReadOnlyList<string>? Scopes { get; init; }
    [Id(6)] public Access? Access { get; init; }
    [Id(7)] public string? Name { get; init; }
}

[GenerateSerializer, Alias("loopwave.last-message")]
public sealed record LastMessage
{
    [Id(0)] public string? Id { get; init; }
    [Id(1)] public MessageType Type { get; init; }
    [Id(2)] public string? Text { get; init; }
    [Id(3)] public bool FromMe { get; init; }
    [Id(4)] public MessageStatus Status { get; init; }
    [Id(5)] public DateTimeOffset Timestamp { get; init; }
}

[Alias("loopwave.link-method")]
public enum LinkMethod
{
    Qr = 0,
    Code = 1,
}

[GenerateSerializer, Alias("loopwave.link-request")]
public sealed record LinkRequest
{
    [Id(0)] public LinkMethod Method { get; init; }
    [Id(1)] public string? Phone { get; init; }
    [Id(2)] public bool Replace { get; init; }
}

[GenerateSerializer, Alias("loopwave.link-view")]
public sealed record LinkView
{
    [Id(0)] public NumberStatus Status { get; init; }
    [Id(1)] public NumberDetail? Detail { get; init; }
    [Id(2)] public Cause? Reason { get; init; }
    [Id(3)] public string? Qr { get; init; }
    [Id(4)] public string? Code { get; init; }
    [Id(5)] public DateTimeOffset? ExpiresAt { get; init; }
}

[GenerateSerializer, Alias("loopwave.location")]
public sealed record Location
{
    [Id(0)] public double Latitude { get; init; }
    [Id(1)] public double Longitude { get; init; }
    [Id(2)] public string? Name { get; init; }
}

[Alias("loopwave.media-state")]
public enum MediaState
{
    None = 0,
    Loading = 1,
    Ready = 2,
    Failed = 3,
}

[GenerateSerializer, Alias("loopwave.media-view")]
public sealed record MediaView
{
    [Id(0)] public string? Id { get; init; }
    [Id(1)] public string? MimeType { get; init; }
    [Id(2)] public string? FileName { get; init; }
    [Id(3)] public long? Size { get; init; }
    [Id(4)] public int? DurationSeconds { get; init; }
    [Id(5)] public MediaState State { get; init; }
    [Id(6)] public Cause? Reason { get; init; }
}

[GenerateSerializer, Alias("loopwave.member")]
public sealed record Member
{
    [Id(0)] public string? Id { get; init; }
    [Id(1)] public string? Email { get; init; }
    [Id(2)] public string? Name { get; init; }
    [Id(3)] public Role Role { get; init; }
}

[GenerateSerializer, Alias("loopwave.message-author")]
public sealed record MessageAuthor
{
    [Id(0)] public AuthorType Type { get; init; }
    [Id(1)] public string? Id { get; init; }
    [Id(2)] public string? Name { get; init; }
    [Id(3)] public string? Jid { get; init; }
}

[GenerateSerializer, Alias("loopwave.message-details")]
public sealed record MessageDetails
{
    [Id(0)] public MessageView? Message { get; init; }
    [Id(1)] public IReadOnlyList<StatusChange>? Timeline { get; init; }
}

[Alias("loopwave.message-status")]
public enum MessageStatus
{
    Received = 0,
    Scheduled = 1,
    Queued = 2,
    Sent = 3,
    Delivered = 4,
    Read = 5,
    Failed = 6,
    Cancelled = 7,
}

[Alias("loopwave.message-type")]
public enum MessageType
{
    Text = 0,
    Image = 1,
    Video = 2,
    Audio = 3,
    Voice = 4,
    Document = 5,
    Sticker = 6,
    Location = 7,
    Contact = 8,
    Poll = 9,
    Unsupported = 10,
}

[GenerateSerializer, Alias("loopwave.message-view")]
public sealed record MessageView
{
    [Id(0)] public string? Id { get; init; }
    [Id(1)] public string? Number { get; init; }
    [Id(2)] public string? Chat { get; init; }
    [Id(3)] public string? ChatId { get; init; }
    [Id(4)] public bool FromMe { get; init; }
    [Id(5)] public string? From { get; init; }
    [Id(6)] public string? To { get; init; }
    [Id(7)] public MessageAuthor? Author { get; init; }
    [Id(8)] public MessageType Type { get; init; }
    [Id(9)] public string? Text { get; init; }
    [Id(10)] public MediaView? Media { get; init; }
    [Id(11)] public Location? Location { get; init; }
    [Id(12)] public IReadOnlyList<ContactCard>? Contacts { get; init; }
    [Id(13)] public Poll? Poll { get; init; }
    [Id(14)] public string? ReplyTo { get; init; }
    [Id(15)] public IReadOnlyList<string>? Mentions { get; init; }
    [Id(16)] public IReadOnlyList<Reaction>? Reactions { get; init; }
    [Id(17)] public DateTimeOffset? EditedAt { get; init; }
    [Id(18)] public DateTimeOffset? DeletedAt { get; init; }
    [Id(19)] public MessageStatus Status { get; init; }
    [Id(20)] public Cause? Error { get; init; }
    [Id(21)] public DateTimeOffset Timestamp { get; init; }
    [Id(22)] public DateTimeOffset? SendAt { get; init; }
    [Id(23)] public string? ClientMessageId { get; init; }
    [Id(24)] public DateTimeOffset UpdatedAt { get; init; }
}

[GenerateSerializer, Alias("loopwave.new-api-key")]
public sealed record NewApiKey
{
    [Id(0)] public string? Name { get; init; }
    [Id(1)] public IReadOnlyList<string>? Scopes { get; init; }
    [Id(2)] public bool Test { get; init; }
    [Id(3)] public string? Creator { get; init; }
    [Id(4)] public IReadOnlyList<string>? Numbers { get; init; }
}

[GenerateSerializer, Alias("loopwave.new-number")]
public sealed record NewNumber
{
    [Id(0)] public string? Label { get; init; }
    [Id(1)] public EngineKind Engine { get; init; }
    [Id(2)] public Access? Access { get; init; }
    [Id(3)] public IdempotencyKey? Idempotency { get; init; }
    [Id(4)] public ProxyUpdate? Proxy { get; init; }
}

[GenerateSerializer, Alias("loopwave.number-counters")]
public sealed record NumberCounters
{
    [Id(0)] public int ReceivedToday { get; init; }
    [Id(1)] public int SentToday { get; init; }
    [Id(2)] public int Queued { get; init; }
}

[Alias("loopwave.number-detail")]
public enum NumberDetail
{
    Linking = 0,
    Stopped = 1,
    Restricted = 2,
}

[GenerateSerializer, Alias("loopwave.number-details")]
public sealed record NumberDetails
{
    [Id(0)] public NumberView? Number { get; init; }
    [Id(1)] public IReadOnlyList<NumberTransition>? Timeline { get; init; }
}

[GenerateSerializer, Alias("loopwave.number-home")]
public sealed record NumberHome
{
    [Id(0)] public string? Number { get; init; }
    [Id(1)] public string? Silo { get; init; }
}

[GenerateSerializer, Alias("loopwave.number-send")]
public sealed record NumberSend
{
    [Id(0)] public string? Jid { get; init; }
    [Id(1)] public MessageType Type { get; init; }
    [Id(2)] public string? Text { get; init; }
    [Id(3)] public string? Media { get; init; }
    [Id(5)] public string? ReplyTo { get; init; }
    [Id(6)] public IReadOnlyList<string>? Mentions { get; init; }
    [Id(7)] public Location? Location { get; init; }
    [Id(8)] public bool QueueWhenOffline { get; init; }
    [Id(9)] public DateTimeOffset? SendAt { get; init; }
    [Id(10)] public string? ClientMessageId { get; init; }
    [Id(11)] public MessageAuthor? Author { get; init; }
    [Id(12)] public IReadOnlyList<IdempotencyKey>? Idempotency { get; init; }
}

[Alias("loopwave.number-status")]
public enum NumberStatus
{
    Ready = 0,
    Connecting = 1,
    Disconnected = 2,
    LoggedOut = 3,
}

[GenerateSerializer, Alias("loopwave.number-transition")]
public sealed record NumberTransition
{
    [Id(0)] public NumberStatus Status { get; init; }
    [Id(1)] public NumberDetail? Detail { get; init; }
    [Id(2)] public Cause? Reason { get; init; }
    [Id(3)] public DateTimeOffset At { get; init; }
}

[GenerateSerializer, Alias("loopwave.number-update")]
public sealed record NumberUpdate
{
    [Id(0)] public string? Label { get; init; }
    [Id(1)] public IReadOnlyList<string>? Tags { get; init; }
    [Id(2)] public ProxyUpdate? Proxy { get; init; }
}

[GenerateSerializer, Alias("loopwave.number-view")]
public sealed record NumberView
{
    [Id(0)] public string? Id { get; init; }
    [Id(1)] public string? Label { get; init; }
    [Id(2)] public EngineKind Engine { get; init; }
    [Id(3)] public string? Phone { get; init; }
    [Id(4)] public string? PushName { get; init; }
    [Id(5)] public NumberStatus Status { get; init; }
    [Id(6)] public NumberDetail? Detail { get; init; }
    [Id(7)] public Cause? Reason { get; init; }
    [Id(8)] public DateTimeOffset Since { get; init; }
    [Id(9)] public DateTimeOffset? Until { get; init; }
    [Id(10)] public int Attempt { get; init; }
    [Id(11)] public DateTimeOffset? NextAttemptAt { get; init; }
    [Id(12)] public IReadOnlyList<string>? Tags { get; init; }
    [Id(13)] public DateTimeOffset? RemovedAt { get; init; }
    [Id(14)] public NumberCounters? Counters { get; init; }
    [Id(15)] public HistoryProgress? History { get; init; }
    [Id(16)] public DateTimeOffset CreatedAt { get; init; }
    [Id(17)] public DateTimeOffset UpdatedAt { get; init; }
    [Id(18)] public string? Proxy { get; init; }
}

[Alias("loopwave.outbound-kind")]
public enum OutboundKind
{
    Message = 0,
    Reaction = 1,
    Edit = 2,
    Revoke = 3,
}

[GenerateSerializer, Alias("loopwave.outbox-view")]
public sealed record OutboxView
{
    [Id(0)] public long Backlog { get; init; }
    [Id(1)] public DateTimeOffset? OldestAt { get; init; }
}

[GenerateSerializer, Alias("loopwave.outcome`1")]
public sealed record Outcome<T>
{
    [Id(0)] public T? Value { get; init; }
    [Id(1)] public Refusal? Refusal { get; init; }
}

[GenerateSerializer, Alias("loopwave.page`1")]
public sealed record Page<T>
{
    [Id(0)] public IReadOnlyList<T>? Data { get; init; }
    [Id(1)] public string? NextCursor { get; init; }
}

[GenerateSerializer, Alias("loopwave.page-request")]
public sealed record PageRequest
{
    [Id(0)] public int Limit { get; init; }
    [Id(1)] public string? Cursor { get; init; }
    [Id(2)] public DateTimeOffset? UpdatedAfter { get; init; }
}

[GenerateSerializer, Alias("loopwave.person")]
public sealed record Person
{
    [Id(0)] public string? Id { get; init; }
    [Id(1)] public string? Name { get; init; }
}

[GenerateSerializer, Alias("loopwave.poll")]
public sealed record Poll
{
    [Id(0)] public string? Question { get; init; }
    [Id(1)] public IReadOnlyList<string>? Options { get; init; }
}

[Alias("loopwave.presence-state")]
public enum PresenceState
{
    Composing = 0,
    Recording = 1,
    Paused = 2,
}

[GenerateSerializer, Alias("loopwave.proxy-update")]
public sealed record ProxyUpdate
{
    [Id(0)] public string? Url { get; init; }
}

[GenerateSerializer, Alias("loopwave.reaction")]
public sealed record Reaction
{
    [Id(0)] public string? Emoji { get; init; }
    [Id(1)] public bool FromMe { get; init; }
    [Id(2)] public string? Jid { get; init; }
    [Id(3)] public DateTimeOffset Timestamp { get; init; }
}

[Alias("loopwave.receipt-kind")]
public enum ReceiptKind
{
    Delivered = 0,
    Read = 1,
}

[GenerateSerializer, Alias("loopwave.refusal")]
public sealed record Refusal
{
    [Id(0)] public RefusalCode Code { get; init; }
    [Id(1)] public string? Message { get; init; }
    [Id(2)] public TimeSpan? RetryAfter { get; init; }
}

[Alias("loopwave.refusal-code")]
public enum RefusalCode
{
    InvalidInput = 0,
    InvalidCursor = 1,
    UnknownNumber = 2,
    NotFound = 3,
    NoReadySession = 4,
    QueueFull = 5,
    Conflict = 6,
    AlreadyLinked = 7,
    NotLinking = 8,
    NumberRemoved = 9,
    NumberNotAllowed = 10,
    IdempotencyConflict = 11,
    IdempotencyMismatch = 12,
    MediaUnavailable = 13,
    DiskFull = 14,
    StorageUnavailable = 15,
    Unauthorized = 16,
    Forbidden = 17,
    RateLimited = 18,
    PayloadTooLarge = 19,
}

[GenerateSerializer, Alias("loopwave.remote-file")]
public sealed record RemoteFile
{
    [Id(0)] public byte[]? Locator { get; init; }
    [Id(1)] public string? MimeType { get; init; }
    [Id(2)] public string? FileName { get; init; }
    [Id(3)] public long? Size { get; init; }
    [Id(4)] public int? DurationSeconds { get; init; }
}

[Alias("loopwave.role")]
public enum Role
{
    Agent = 0,
    Admin = 1,
}

[Alias("loopwave.sandbox-address")]
public enum SandboxAddress
{
    Both = 0,
    Phone = 1,
    Hidden = 2,
    HiddenThenKnown = 3,
}

[GenerateSerializer, Alias("loopwave.sandbox-arrival")]
public sealed record SandboxArrival
{
    [Id(0)] public long Order { get; init; }
    [Id(1)] public long Connection { get; init; }
    [Id(2)] public long Epoch { get; init; }
    [Id(3)] public DateTimeOffset At { get; init; }
    [Id(4)] public string? Hash { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-connection")]
public sealed record SandboxConnectionView
{
    [Id(0)] public long Id { get; init; }
    [Id(1)] public long Epoch { get; init; }
    [Id(2)] public string? Host { get; init; }
    [Id(3)] public DateTimeOffset From { get; init; }
    [Id(4)] public DateTimeOffset? To { get; init; }
    [Id(5)] public long? EndOrder { get; init; }
    [Id(6)] public string? End { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-faults")]
public sealed record SandboxFaults
{
    [Id(0)] public bool NeverAck { get; init; }
    [Id(1)] public bool SlowAck { get; init; }
    [Id(2)] public bool Deaf { get; init; }
    [Id(3)] public bool DuplicateDeliveries { get; init; }
    [Id(4)] public bool LinksExpire { get; init; }
    [Id(5)] public bool MediaGone { get; init; }
    [Id(6)] public bool PhoneOff { get; init; }
    [Id(7)] public int? RefuseOpens { get; init; }
    [Id(8)] public DateTimeOffset? RefuseOpensUntil { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-history")]
public sealed record SandboxHistory
{
    [Id(0)] public int Chats { get; init; }
    [Id(1)] public int Messages { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-inbound")]
public sealed record SandboxInbound
{
    [Id(0)] public string? WhatsAppId { get; init; }
    [Id(1)] public string? Jid { get; init; }
    [Id(2)] public long Order { get; init; }
    [Id(3)] public DateTimeOffset At { get; init; }
    [Id(4)] public DateTimeOffset? AcknowledgedAt { get; init; }
    [Id(5)] public DateTimeOffset? ReadAt { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-injected")]
public sealed record SandboxInjected
{
    [Id(0)] public string? WhatsAppId { get; init; }
    [Id(1)] public string? Jid { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-message")]
public sealed record SandboxMessage
{
    [Id(0)] public string? From { get; init; }
    [Id(1)] public string? Group { get; init; }
    [Id(2)] public string? GroupName { get; init; }
    [Id(3)] public MessageType Type { get; init; }
    [Id(4)] public string? Text { get; init; }
    [Id(5)] public Location? Location { get; init; }
    [Id(6)] public IReadOnlyList<ContactCard>? Contacts { get; init; }
    [Id(7)] public Poll? Poll { get; init; }
    [Id(8)] public string? ReplyTo { get; init; }
    [Id(9)] public bool ReplyToFromMe { get; init; }
    [Id(10)] public IReadOnlyList<string>? Mentions { get; init; }
    [Id(11)] public string? PushName { get; init; }
    [Id(12)] public bool FromMe { get; init; }
    [Id(13)] public string? WhatsAppId { get; init; }
    [Id(14)] public SandboxAddress Address { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-scan")]
public sealed record SandboxScan
{
    [Id(0)] public string? Phone { get; init; }
    [Id(1)] public string? PhoneOf { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-sent")]
public sealed record SandboxSent
{
    [Id(0)] public string? WhatsAppId { get; init; }
    [Id(1)] public string? Jid { get; init; }
    [Id(2)] public string? Chat { get; init; }
    [Id(3)] public string? Kind { get; init; }
    [Id(4)] public string? Text { get; init; }
    [Id(5)] public SandboxArrival? First { get; init; }
    [Id(6)] public int Count { get; init; }
    [Id(7)] public IReadOnlyList<SandboxArrival>? Repeats { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-traffic")]
public sealed record SandboxTraffic
{
    [Id(0)] public int Chats { get; init; }
    [Id(1)] public double PerSecond { get; init; }
    [Id(2)] public int Seconds { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-typing")]
public sealed record SandboxTyping
{
    [Id(0)] public string? ChatId { get; init; }
    [Id(1)] public PresenceState State { get; init; }
    [Id(2)] public DateTimeOffset At { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-view")]
public sealed record SandboxView
{
    [Id(0)] public bool Linked { get; init; }
    [Id(1)] public string? Phone { get; init; }
    [Id(2)] public string? Lid { get; init; }
    [Id(3)] public bool Connected { get; init; }
    [Id(4)] public bool Linking { get; init; }
    [Id(5)] public int Waiting { get; init; }
    [Id(6)] public bool? AutoLink { get; init; }
    [Id(7)] public SandboxFaults? Faults { get; init; }
    [Id(8)] public SandboxTraffic? Traffic { get; init; }
    [Id(9)] public SandboxHistory? History { get; init; }
    [Id(10)] public IReadOnlyList<SandboxTyping>? Typing { get; init; }
}

[GenerateSerializer, Alias("loopwave.sandbox-writer")]
public sealed record SandboxWriter
{
    [Id(0)] public string? From { get; init; }
    [Id(1)] public string? Group { get; init; }
    [Id(2)] public PresenceState State { get; init; }
}

[GenerateSerializer, Alias("loopwave.send-answer")]
public sealed record SendAnswer
{
    [Id(0)] public SentMessage? Message { get; init; }
    [Id(1)] public bool Replayed { get; init; }
}

[GenerateSerializer, Alias("loopwave.send-request")]
public sealed record SendRequest
{
    [Id(0)] public string? To { get; init; }
    [Id(1)] public string? Text { get; init; }
    [Id(2)] public string? From { get; init; }
    [Id(3)] public string? Media { get; init; }
    [Id(4)] public MessageType? MediaType { get; init; }
    [Id(5)] public string? FileName { get; init; }
    [Id(6)] public string? ReplyTo { get; init; }
    [Id(7)] public IReadOnlyList<string>? Mentions { get; init; }
    [Id(8)] public Location? Location { get; init; }
    [Id(9)] public bool QueueWhenOffline { get; init; }
    [Id(10)] public DateTimeOffset? SendAt { get; init; }
    [Id(11)] public string? ClientMessageId { get; init; }
    [Id(12)] public MessageAuthor? Author { get; init; }
    [Id(13)] public Access? Access { get; init; }
    [Id(14)] public IdempotencyKey? Idempotency { get; init; }
    [Id(15)] public string? BodyHash { get; init; }
    [Id(16)] public string? MediaUrl { get; init; }
}

[GenerateSerializer, Alias("loopwave.sent-message")]
public sealed record SentMessage
{
    [Id(0)] public MessageStatus Status { get; init; }
    [Id(1)] public string? To { get; init; }
    [Id(2)] public string? From { get; init; }
    [Id(3)] public string? Id { get; init; }
}

[GenerateSerializer, Alias("loopwave.sign-in")]
public sealed record SignIn
{
    [Id(0)] public Member? Member { get; init; }
    [Id(1)] public string? Token { get; init; }
    [Id(2)] public DateTimeOffset ExpiresAt { get; init; }
}

[Alias("loopwave.silo-state")]
public enum SiloState
{
    Active = 0,
    Draining = 1,
    Drained = 2,
}

[GenerateSerializer, Alias("loopwave.silo-view")]
public sealed record SiloView
{
    [Id(0)] public string? Id { get; init; }
    [Id(1)] public string? Name { get; init; }
    [Id(2)] public SiloState State { get; init; }
    [Id(3)] public string? Version { get; init; }
    [Id(4)] public DateTimeOffset StartedAt { get; init; }
    [Id(5)] public IReadOnlyDictionary<NumberStatus, int>? Numbers { get; init; }
    [Id(6)] public int Queued { get; init; }
    [Id(7)] public long MemoryBytes { get; init; }
    [Id(8)] public double CpuCores { get; init; }
}

[GenerateSerializer, Alias("loopwave.status-change")]
public sealed record StatusChange
{
    [Id(0)] public MessageStatus Status { get; init; }
    [Id(1)] public DateTimeOffset At { get; init; }
}

[GenerateSerializer, Alias("loopwave.stored-file")]
public sealed record StoredFile
{
    [Id(0)] public MediaView? Media { get; init; }
    [Id(1)] public string? Hash { get; init; }
}

[GenerateSerializer, Alias("loopwave.target-message")]
public sealed record TargetMessage
{
    [Id(0)] public string? WhatsAppId { get; init; }
    [Id(1)] public bool FromMe { get; init; }
    [Id(2)] public string? Participant { get; init; }
    [Id(3)] public string? Text { get; init; }
}

[GenerateSerializer, Alias("loopwave.typing")]
public sealed record Typing
{
    [Id(0)] public PresenceState State { get; init; }
    [Id(1)] public IReadOnlyList<string>? Jids { get; init; }
    [Id(2)] public DateTimeOffset Until { get; init; }
}

[GenerateSerializer, Alias("loopwave.uploaded-file")]
public sealed record UploadedFile
{
    [Id(0)] public string? Hash { get; init; }
    [Id(1)] public long Size { get; init; }
    [Id(2)] public string? MimeType { get; init; }
    [Id(3)] public string? FileName { get; init; }
    [Id(4)] public int? DurationSeconds { get; init; }
}
