using System.ComponentModel.DataAnnotations;

namespace Loopwave.Sandbox;

/// <summary>Settings of the simulated network (section <c>Sandbox</c>). Times vary by a quarter, decided by the seed.</summary>
public sealed class SandboxOptions
{
    private const string Longest = "01:00:00";

    /// <summary>What every made-up detail is derived from: the same seed gives the same phones, texts and delays.</summary>
    [Required]
    [StringLength(100, MinimumLength = 1)]
    public string Seed { get; set; } = "loopwave";

    /// <summary>A phone scans every code by itself.</summary>
    public bool AutoLink { get; set; } = true;

    /// <summary>How long a code is on screen before the phone scans it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:02:00")]
    public TimeSpan LinkDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>From the scan to the linked device.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:02:00")]
    public TimeSpan PairingDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>From opening a connection to the first thing heard on it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:02:00")]
    public TimeSpan ConnectDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>People answer what they are sent.</summary>
    public bool Echo { get; set; } = true;

    /// <summary>From a message's arrival to the servers' answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00", Longest)]
    public TimeSpan AckDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>From a message's arrival to the receipt of its delivery.</summary>
    [Range(typeof(TimeSpan), "00:00:00", Longest)]
    public TimeSpan DeliveredDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>From a message's arrival to the receipt of its reading.</summary>
    [Range(typeof(TimeSpan), "00:00:00", Longest)]
    public TimeSpan ReadDelay { get; set; } = TimeSpan.FromMilliseconds(700);

    /// <summary>From a message's arrival to the person's answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00", Longest)]
    public TimeSpan EchoDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The servers' answer where it is slow.</summary>
    [Range(typeof(TimeSpan), "00:00:00", Longest)]
    public TimeSpan SlowAckDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>From a message under a hidden address to the news whose it is.</summary>
    [Range(typeof(TimeSpan), "00:00:00", Longest)]
    public TimeSpan AliasDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Chats on the phone of a number nobody built a history for.</summary>
    [Range(0, 1000)]
    public int HistoryChats { get; set; } = 3;

    /// <summary>Messages in each of them.</summary>
    [Range(0, 1000)]
    public int HistoryMessages { get; set; } = 30;

    /// <summary>Events that may wait for one number; what would go beyond is refused.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaiting { get; set; } = 50_000;

    /// <summary>How long the record keeps what is done.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan KeepRecord { get; set; } = TimeSpan.FromDays(7);
}
