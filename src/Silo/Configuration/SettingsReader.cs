using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Serilog.Events;

namespace Loopwave.Configuration;

/// <summary>
/// Reads <see cref="LoopwaveSettings"/> and collects every mistake, so that an operator mends all of them at once. An empty value counts as absent, because compose files hand over empty ones. No message repeats a
/// value that may be secret.
/// </summary>
public sealed class SettingsReader
{
    private readonly IConfiguration _configuration;
    private readonly List<string> _mistakes = [];
    private readonly HashSet<string> _filesInTheWay = [];

    private SettingsReader(IConfiguration configuration)
    {
        _configuration = configuration;
    }

    /// <param name="mistakes">One sentence for each value that cannot be used; its default stands in for it.</param>
    public static LoopwaveSettings Read(IConfiguration configuration, out IReadOnlyList<string> mistakes)
    {
        var reader = new SettingsReader(configuration);
        mistakes = reader._mistakes;
        return reader.Read();
    }

    private LoopwaveSettings Read()
    {
        RefuseOtherStores();
        var data = Directory("DATA_DIR", "data");
        var port = Port();
        return new LoopwaveSettings
        {
            Port = port,
            Address = Text("WEB_ORIGIN")?.TrimEnd('/') ?? $"http://localhost:{port}",
            BindAddress = BindAddress(),
            DataDirectory = data,
            AuthDirectory = Directory("AUTH_DIR", Path.Combine(data, "auth")),
            MediaDirectory = Directory("MEDIA_DIR", Path.Combine(data, "media")),
            CredentialsKey = CredentialsKey(),
            OutboundAllow = OutboundAllow(),
            WhatsAppVersion = WhatsAppVersion(),
            WhatsAppSocket = WhatsAppSocket(),
            EngineHosts = EngineHosts(),
            LogLevel = LogLevel(),
        };
    }

    private void RefuseOtherStores()
    {
        // Ignoring these would let somebody believe that their data is in a database where it is not.
        if (Text("MONGODB_URI") is not null)
        {
            _mistakes.Add("MONGODB_URI is set, but this version keeps its data in SQLite files under DATA_DIR only. Remove MONGODB_URI to start.");
        }

        if (Text("POSTGRES_URI") is not null)
        {
            _mistakes.Add("POSTGRES_URI is set, but this version runs on one machine with SQLite files under DATA_DIR only. Remove POSTGRES_URI to start.");
        }
    }

    private int Port()
    {
        if (Text("PORT") is not { } text)
        {
            return 4000;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535)
        {
            return port;
        }

        _mistakes.Add($"PORT is \"{text}\", but it must be a whole number from 1 to 65535.");
        return 4000;
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

    private List<IPNetwork>? OutboundAllow()
    {
        if (Text("OUTBOUND_ALLOW") is not { } text)
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
                _mistakes.Add($"OUTBOUND_ALLOW contains \"{part}\", but each entry must be an IP address or a network such as 10.0.0.0/8, separated by commas.");
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
