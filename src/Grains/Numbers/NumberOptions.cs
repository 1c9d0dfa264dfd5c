using System.ComponentModel.DataAnnotations;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>How numbers connect and send. Section <c>Numbers</c> of the configuration.</summary>
public sealed class NumberOptions
{
    /// <summary>
    /// Between two connects to WhatsApp of the whole cluster, the same in all its processes. Ten a second without bursts is
    /// what a real server takes calmly. The first one waits a second, or as long as this when that is longer.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ConnectInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The same for the sandbox; zero is no limit.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan SandboxConnectInterval { get; set; } = TimeSpan.Zero;

    /// <summary>Shortest pause between two sends of one WhatsApp number.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ShortestGap { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Longest pause between two sends of one WhatsApp number; the pause is random between the two.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan LongestGap { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>The same for sandbox numbers, both ends; zero sends as fast as it goes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan SandboxGap { get; set; } = TimeSpan.Zero;

    /// <summary>How many messages may wait in one number's queue; more are refused with 429.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 10_000;

    /// <summary>A message that could not be sent for this long expires.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan MessageTimeToLive { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// A message unanswered by the network for this long, while nothing else is heard of the connection, means a deaf connection, which is
    /// closed and opened again. While other things are heard, four times as long: an answer can wait behind many of them.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After connecting, how long to wait for late answers before an unanswered message is repeated.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan RepeatGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How many people and groups of one number are kept in memory with their chats; the least recently used are let go, and
    /// read again when they are needed. One takes 1.8 kB (measured: phone and hidden address, contact, last message of 100
    /// characters), so the default is 2 MB for a number that is in touch with that many.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ChatsAtHand { get; set; } = 1_000;

    /// <summary>Whether opening a chat tells the sender that the messages were read.</summary>
    public bool SendReadReceipts { get; set; } = true;

    /// <summary>While WhatsApp refuses the version of the client: between two tries to connect, each of one number for the whole cluster.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan VersionRetryInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often all started numbers of the cluster are looked after.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SweepPeriod { get; set; } = TimeSpan.FromMinutes(1);

    internal TimeSpan ConnectIntervalOf(EngineKind engine) => engine is EngineKind.Sandbox ? SandboxConnectInterval : ConnectInterval;

    internal SendRules RulesFor(EngineKind engine) => new()
    {
        Capacity = QueueCapacity,
        AnswerTimeout = AnswerTimeout,
        RepeatGrace = RepeatGrace,
        ShortestGap = engine is EngineKind.Sandbox ? SandboxGap : ShortestGap,
        LongestGap = engine is EngineKind.Sandbox ? SandboxGap : LongestGap,
    };
}
