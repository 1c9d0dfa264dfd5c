namespace Loopwave.WhatsApp;

/// <summary>How the engine of real numbers runs, and what it tells the network.</summary>
public sealed class WhatsAppEngineOptions
{
    /// <summary>The client version that we say we are, three numbers; null leaves the one that the library carries.</summary>
    public IReadOnlyList<int>? Version { get; set; }

    /// <summary>Where the network is; null is the real one.</summary>
    public Uri? WebSocketUrl { get; set; }

    /// <summary>How many host processes share the numbers; null starts as many as the numbers need.</summary>
    public int? Hosts { get; set; }

    /// <summary>The folder with the host's <c>main.js</c>.</summary>
    public string Folder { get; set; } = Path.Combine(AppContext.BaseDirectory, "engine");

    /// <summary>What phones show in their list of linked devices. It belongs to a linked device for ever.</summary>
    public IReadOnlyList<string> Browser { get; set; } = ["Mac OS", "Chrome", "14.4.1"];

    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(20);

    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(25);

    public TimeSpan QueryTimeout { get; set; } = TimeSpan.FromSeconds(60);

    public TimeSpan RetryRequestDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a QR code is shown; null leaves it to the library: 60 seconds the first, 20 the others.</summary>
    public TimeSpan? QrTimeout { get; set; }
}
