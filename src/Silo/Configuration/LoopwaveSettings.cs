using System.Net;
using Serilog.Events;

namespace Loopwave.Configuration;

/// <summary>
/// What the operator configured, checked and complete. Each property is read from the key named beside it, from the
/// environment, the command line or <c>appsettings.json</c>; <c>.env.example</c> explains them to operators.
/// </summary>
public sealed record LoopwaveSettings
{
    /// <summary><c>PORT</c>: 1 to 65535.</summary>
    public int Port { get; init; } = 4000;

    /// <summary><c>BIND_ADDRESS</c>: null stands for loopback in both address families, so that a first try is not open to the network.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary><c>DATA_DIR</c>: everything this deployment keeps, unless the two below say otherwise.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>AUTH_DIR</c>: the credentials of the linked numbers. Whoever reads them owns the accounts.</summary>
    public required string AuthDirectory { get; init; }

    /// <summary><c>MEDIA_DIR</c>: received and sent files.</summary>
    public required string MediaDirectory { get; init; }

    /// <summary><c>CREDENTIALS_KEY</c>: 32 bytes that encrypt the credentials; null lets the deployment make its own inside <c>AUTH_DIR</c>.</summary>
    public byte[]? CredentialsKey { get; init; }

    /// <summary><c>JWT_SECRET</c>: signs sign-in sessions, at least 32 bytes; null lets the deployment make its own.</summary>
    public string? JwtSecret { get; init; }

    /// <summary><c>WEB_ORIGIN</c>: the address people use in their browser, such as <c>https://inbox.example.com</c>.</summary>
    public Uri? WebOrigin { get; init; }

    /// <summary><c>ADMIN_EMAIL</c> and <c>ADMIN_PASSWORD</c>: the first admin; null lets the first start print a set-up link.</summary>
    public FirstAdmin? Admin { get; init; }

    /// <summary><c>OUTBOUND_ALLOW</c>: networks that outgoing requests may reach beside public addresses; null leaves the mode's default.</summary>
    public IReadOnlyList<IPNetwork>? OutboundAllow { get; init; }

    /// <summary><c>TRUSTED_PROXIES</c>: whose forwarded client addresses count.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary><c>LOG_LEVEL</c>: how much is logged; null keeps standard output quiet and the log files at information.</summary>
    public LogEventLevel? LogLevel { get; init; }

    public string LogDirectory => Path.Combine(DataDirectory, "logs");
}

/// <summary>The admin account to make when there is none yet.</summary>
public sealed record FirstAdmin(string Email, string Password);
