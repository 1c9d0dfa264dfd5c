using System.Globalization;
using System.Net;
using Loopwave.Storage;
using Loopwave.Storage.Mongo;
using Loopwave.Storage.Sql.Postgres;
using Microsoft.Extensions.Configuration;
using Serilog.Events;

namespace Loopwave.Configuration;

/// <summary>
/// Reads <see cref="LoopwaveSettings"/> and collects every mistake, so that an operator mends all of them at once. An empty value counts as absent, because compose files hand over empty ones. No message repeats a
/// value that may be secret.
/// </summary>
public sealed partial class SettingsReader
{
    private readonly IConfiguration _configuration;
    private readonly ProcessRole _role;
    private readonly List<string> _mistakes = [];
    private readonly HashSet<string> _filesInTheWay = [];

    private SettingsReader(IConfiguration configuration, ProcessRole role)
    {
        (_configuration, _role) = (configuration, role);
    }

    /// <param name="mistakes">One sentence for each value that cannot be used; its default stands in for it.</param>
    public static LoopwaveSettings Read(IConfiguration configuration, ProcessRole role, out IReadOnlyList<string> mistakes)
    {
        var reader = new SettingsReader(configuration, role);
        mistakes = reader._mistakes;
        return reader.Read();
    }

    private LoopwaveSettings Read()
    {
        RefuseOtherStores();
        var data = Directory("DATA_DIR", "data");
        var port = Port("PORT", _role is ProcessRole.Silo ? 4001 : 4000);
        return new LoopwaveSettings
        {
            Role = _role,
            Cluster = _role is ProcessRole.Standalone ? null : Cluster(port),
            Mongo = Mongo(),
            Port = port,
            Address = Text("WEB_ORIGIN")?.TrimEnd('/') ?? $"http://localhost:{port}",
            BindAddress = BindAddress(),
            DataDirectory = data,
            AuthDirectory = Directory("AUTH_DIR", Path.Combine(data, "auth")),
            MediaDirectory = Directory("MEDIA_DIR", Path.Combine(data, "media")),
            MediaBucket = MediaBucket(),
            CredentialsKey = CredentialsKey(),
            OutboundAllow = Networks("OUTBOUND_ALLOW"),
            MetricsAllow = MetricsAllow(),
            Traces = Traces(),
            OrleansDashboard = IsOn("ORLEANS_DASHBOARD", fallback: false),
            WhatsAppVersion = WhatsAppVersion(),
            WhatsAppSocket = WhatsAppSocket(),
            EngineHosts = EngineHosts(),
            LogLevel = LogLevel(),
        };
    }

    private void RefuseOtherStores()
    {
        // Ignoring these would let somebody believe that their data is in a database where it is not.
        var standalone = _role is ProcessRole.Standalone;
        if (standalone && Text("POSTGRES_URI") is not null)
        {
            _mistakes.Add("POSTGRES_URI is set, but a standalone process keeps its data in SQLite files under DATA_DIR, or in MongoDB. Remove POSTGRES_URI to start.");
        }

        if (!standalone && Text("AUTH_DIR") is not null)
        {
            _mistakes.Add("AUTH_DIR is set, but a cluster keeps the credentials of its numbers, encrypted, in its database. Remove AUTH_DIR to start.");
        }
    }

    private ClusterSettings Cluster(int port)
    {
        var (silo, gateway) = (Port("SILO_PORT", 11111), Port("GATEWAY_PORT", 30000));
        if (_role is ProcessRole.Silo)
        {
            // Without them every silo would make its own, and no silo could read what another one wrote.
            Require("CREDENTIALS_KEY", "32 random bytes; every silo has the same ones; \"openssl rand -base64 32\" makes some.");
            Require("JWT_SECRET", "at least 32 bytes; every silo has the same ones.");
            Differ("SILO_PORT", silo, "PORT", port);
            Differ("GATEWAY_PORT", gateway, "PORT", port);
            Differ("GATEWAY_PORT", gateway, "SILO_PORT", silo);
        }

        var id = Text("CLUSTER_ID") ?? "loopwave";
        if (id.Length > 40 || !id.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '.'))
        {
            _mistakes.Add($"CLUSTER_ID is \"{id}\", but it must be 1 to 40 letters, digits, dashes and dots.");
        }

        return new ClusterSettings
        {
            Postgres = Postgres(),
            Id = id,
            SiloAddress = SiloAddress(),
            SiloPort = silo,
            GatewayPort = gateway,
            DrainFor = Seconds("DRAIN_SECONDS", 60, most: 3600),
        };
    }

    private void Require(string key, string means)
    {
        if (Text(key) is null)
        {
            _mistakes.Add($"{key} is missing: {means}");
        }
    }

    private void Differ(string key, int port, string otherKey, int other)
    {
        if (port == other)
        {
            _mistakes.Add($"{key} is {port}, and so is {otherKey}, but a silo needs a port of its own for each.");
        }
    }

    private string Postgres()
    {
        const string Expected = "an address such as postgresql://user:password@host:5432/database";
        if (Text("POSTGRES_URI") is not { } text)
        {
            _mistakes.Add($"POSTGRES_URI is missing: {Expected}. All processes of a cluster share one PostgreSQL database.");
            return "";
        }

        try
        {
            return PostgresUri.Parse(text);
        }
        catch (StorageStartException mistake)
        {
            // Its sentence holds nothing of the value, which can hold a password.
            _mistakes.Add(mistake.Message);
            return "";
        }
    }

    private string? Mongo()
    {
        if (Text("MONGODB_URI") is not { } text)
        {
            return null;
        }

        try
        {
            MongoUri.Parse(text);
        }
        catch (StorageStartException mistake)
        {
            // Its sentence holds nothing of the value, which can hold a password.
            _mistakes.Add(mistake.Message);
        }

        return text;
    }

    private IPAddress? SiloAddress()
    {
        if (Text("SILO_ADDRESS") is not { } text)
        {
            return null;
        }

        if (IPAddress.TryParse(text, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
        {
            return address;
        }

        _mistakes.Add($"SILO_ADDRESS is \"{text}\", but it must be the IP address of this machine at which the other processes of the cluster reach it.");
        return null;
    }

    private int Port(string key, int fallback)
    {
        if (Text(key) is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535)
        {
            return port;
        }

        _mistakes.Add($"{key} is \"{text}\", but it must be a whole number from 1 to 65535.");
        return fallback;
    }

    private IPAddress? BindAddress()
    {
        switch (Text("BIND_ADDRESS"))
        {
            case null or "localhost":
                return null;
            case "*":
                return IPAddress.IPv6Any;
            case { } text when IPAddress.TryParse(text, out var address):
                return address;
            case { } text:
                _mistakes.Add($"BIND_ADDRESS is \"{text}\", but it must be \"localhost\", \"*\" for every network, or one IP address of this machine.");
                return null;
        }
    }

    private string Directory(string key, string fallback)
    {
        var text = Text(key) ?? fallback;
        try
        {
            var path = Path.GetFullPath(text);
            if (FileOn(path) is { } file && _filesInTheWay.Add(file))
            {
                _mistakes.Add($"{key} must be a folder, but {file} is a file.");
            }

            return path;
        }
        catch (ArgumentException)
        {
            _mistakes.Add($"{key} is not a path that can be used.");
            return Path.GetFullPath(fallback);
        }
    }

    // The path itself, or what would have to be a folder above it.
    private static string? FileOn(string? path)
    {
        for (; path is not null; path = Path.GetDirectoryName(path))
        {
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private TimeSpan Seconds(string key, int fallback, int most)
    {
        if (Text(key) is not { } text)
        {
            return TimeSpan.FromSeconds(fallback);
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= most)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        _mistakes.Add($"{key} is \"{text}\", but it must be a whole number of seconds from 0 to {most}.");
        return TimeSpan.FromSeconds(fallback);
    }

    private bool IsOn(string key, bool fallback)
    {
        switch (Text(key))
        {
            case null:
                return fallback;
            case "true":
                return true;
            case "false":
                return false;
            case var other:
                _mistakes.Add($"{key} is \"{other}\", but it must be true or false.");
                return fallback;
        }
    }

    private byte[]? CredentialsKey()
    {
        if (Text("CREDENTIALS_KEY") is not { } text)
        {
            return null;
        }

        var key = new byte[32];
        if (text.Length == 64 && Convert.FromHexString(text, key, out _, out var written) is System.Buffers.OperationStatus.Done && written == 32)
        {
            return key;
        }

        if (Convert.TryFromBase64String(text, key, out written) && written == 32)
        {
            return key;
        }

        _mistakes.Add("CREDENTIALS_KEY must be 32 random bytes, written as base64 (44 characters) or as 64 hexadecimal digits; \"openssl rand -base64 32\" makes one.");
        return null;
    }

    private List<IPNetwork>? Networks(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        var networks = new List<IPNetwork>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(part, out var network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(part, out var address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                _mistakes.Add($"{key} contains \"{part}\", but each entry must be an IP address or a network such as 10.0.0.0/8, separated by commas.");
            }
        }

        return networks;
    }

    private int[]? WhatsAppVersion()
    {
        if (Text("WA_VERSION") is not { } text)
        {
            return null;
        }

        var numbers = text.Split('.')
            .Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToArray();
        if (numbers.Length == 3 && !numbers.Contains(-1))
        {
            return numbers;
        }

        _mistakes.Add($"WA_VERSION is \"{text}\", but it must be three numbers with dots between them, such as 2.3000.1043857760.");
        return null;
    }

    private Uri? WhatsAppSocket()
    {
        if (Text("WA_SOCKET_URL") is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "ws" or "wss", Host.Length: > 0 })
        {
            return address;
        }

        // It can hold a password.
        _mistakes.Add("WA_SOCKET_URL must be an address that begins with wss:// or ws://.");
        return null;
    }

    private int? EngineHosts()
    {
        if (Text("ENGINE_HOSTS") is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var hosts) && hosts is >= 1 and <= 64)
        {
            return hosts;
        }

        _mistakes.Add($"ENGINE_HOSTS is \"{text}\", but it must be a whole number from 1 to 64.");
        return null;
    }

    private LogEventLevel? LogLevel()
    {
        var text = Text("LOG_LEVEL");
        switch (text?.ToLowerInvariant())
        {
            case null:
                return null;
            case "trace" or "verbose":
                return LogEventLevel.Verbose;
            case "debug":
                return LogEventLevel.Debug;
            case "info" or "information":
                return LogEventLevel.Information;
            case "warn" or "warning":
                return LogEventLevel.Warning;
            case "error":
                return LogEventLevel.Error;
            case "fatal" or "critical":
                return LogEventLevel.Fatal;
            default:
                _mistakes.Add($"LOG_LEVEL is \"{text}\", but it must be one of trace, debug, information, warning, error, fatal.");
                return null;
        }
    }

    private string? Text(string key) => _configuration[key]?.Trim() is { Length: > 0 } text ? text : null;
}
