using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loopwave.Processes;

/// <summary>
/// The WhatsApp server for tests as a process of its own (<c>tests/WhatsAppEmulator</c>), with the phones that it simulates.
/// </summary>
public sealed class EmulatorProcess : IAsyncDisposable
{
    private static readonly string Folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../tests/WhatsAppEmulator"));
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _directory;
    private readonly HttpClient _control;
    private readonly Action<JsonNode?>? _overheard;
    private Process _process;
    private Watchdog _watchdog;

    private EmulatorProcess(string directory, Process process, JsonObject screen, Action<JsonNode?>? overheard)
    {
        _directory = directory;
        _overheard = overheard;
        _process = process;
        _watchdog = new Watchdog(process.Id);
        _control = TestHttp.Client(new Uri(screen["control"]!.GetValue<string>()));
        Url = screen["url"]!.GetValue<string>();
        NodeOptions = $"--import={new Uri(Path.Combine(Folder, "trust-preload.mjs"))}?rootKey={screen["rootKey"]}";
        NodeOptions += $"&media={screen["media"]!["host"]}";
        Certificates = screen["media"]!["ca"]!.GetValue<string>();
    }

    /// <summary>Where a linked device connects to.</summary>
    public string Url { get; }

    /// <summary>What Node must be started with to hold this server for WhatsApp.</summary>
    public string NodeOptions { get; }

    /// <summary>The file with the certificate of whoever signed that of its media server.</summary>
    public string Certificates { get; }

    /// <param name="overheard">Hears everything that it is asked to do, and what it answers.</param>
    public static async Task<EmulatorProcess> Start(Action<JsonNode?>? overheard = null)
    {
        var directory = Directory.CreateTempSubdirectory("loopwave-emulator-").FullName;
        var (process, screen) = await Launch(directory, webSocketPort: 0, controlPort: 0);
        return new EmulatorProcess(directory, process, screen, overheard);
    }

    /// <summary>Stops the server and starts it again where it was: all connections end, and nothing else.</summary>
    public async Task Restart()
    {
        await Do("/stop", new { });
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _watchdog.Dispose();
        _process.Dispose();
        (_process, _) = await Launch(_directory, new Uri(Url).Port, _control.BaseAddress!.Port);
        _watchdog = new Watchdog(_process.Id);
    }

    private static async Task<(Process Process, JsonObject Screen)> Launch(string directory, int webSocketPort, int controlPort)
    {
        var start = new ProcessStartInfo("node", ["control.mjs", $"{webSocketPort}", $"{controlPort}", directory])
        {
            WorkingDirectory = Folder, RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience)
            ?? throw new InvalidOperationException("The emulator ended before it said where it is.");
        return (process, JsonNode.Parse(line)!.AsObject());
    }

    /// <summary>A phone with WhatsApp on it, or a person to write with.</summary>
    public Task<JsonObject> Person(string phone, string name) => Do("/accounts", new { phone, name });

    public Task Scan(string phone, string qr) => Do($"/accounts/{phone}/scan", new { qr });

    public Task EnterCode(string phone, string code) => Do($"/accounts/{phone}/code", new { code });

    /// <summary>A person writes; the message's id.</summary>
    public async Task<string> Say(string from, string to, string text) =>
        (await Do($"/accounts/{from}/say", new { to, text }))["id"]!.GetValue<string>();

    /// <summary>Does something else at the server: its path, and what it needs.</summary>
    public Task<JsonObject> OnServer(string path, object body) => Do(path, body);

    /// <summary>Does something else on a phone: its path below the account, and what it needs.</summary>
    public Task<JsonObject> OnPhone(string phone, string act, object body) => Do($"/accounts/{phone}/{act}", body);

    /// <summary>Makes a group; its address.</summary>
    public async Task<string> Group(string creator, string subject, params string[] members) =>
        (await Do("/groups", new { creator, subject, members }))["jid"]!.GetValue<string>();

    /// <summary>Makes a broadcast list of a person; its address, to which they can write.</summary>
    public async Task<string> List(string owner, params string[] members) =>
        (await OnPhone(owner, "lists", new { members }))["jid"]!.GetValue<string>();

    /// <summary>The content of a file that a person was sent, by the message's id.</summary>
    public async Task<byte[]> File(string phone, string message) =>
        Convert.FromBase64String((await Read($"/accounts/{phone}/files/{message}"))["base64"]!.GetValue<string>());

    public async Task<JsonArray> Inbox(string phone) => (await Read($"/accounts/{phone}/inbox")).AsArray();

    /// <summary>Who got or read the messages of a phone: <c>{ id, chat, from, type }</c>.</summary>
    public async Task<JsonArray> Receipts(string phone) => (await Read($"/accounts/{phone}/receipts")).AsArray();

    /// <summary>An account and its linked devices.</summary>
    public async Task<JsonObject> Account(string phone) => (await Read($"/accounts/{phone}")).AsObject();

    /// <summary>Lets something go wrong: <c>kind</c>, and what that kind needs.</summary>
    public Task Fault(object fault) => Do("/faults", fault);

    /// <summary>Nothing goes wrong any more.</summary>
    public async Task ClearFaults()
    {
        using var answer = await _control.DeleteAsync("/faults");
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Cuts the connections of all linked devices.</summary>
    public Task DropAll() => Do("/drop", new { phone = "all" });

    /// <summary>Every message that a linked device sent, or was given.</summary>
    public Task<JsonNode> Record() => Read("/record");

    /// <summary>Every connection of a linked device, oldest first: <c>{ device, from, to, end }</c>.</summary>
    public async Task<JsonArray> Connections() => (await Read("/connections")).AsArray();

    /// <summary>Every time that a linked device asked to be let in, oldest first: <c>{ device, version, refused }</c>.</summary>
    public async Task<JsonArray> LogIns() => (await Read("/log-ins")).AsArray();

    /// <summary>Every request to the media server, oldest first: <c>{ method, kind, port }</c>, the port that of who asked.</summary>
    public async Task<JsonArray> FilesAsked() => (await Read("/files-asked")).AsArray();

    /// <summary>Every word of a linked device that its owner writes, or stopped.</summary>
    public async Task<JsonArray> Chatstates() => (await Read("/chatstates")).AsArray();

    /// <summary>Every time that a linked device said, or let it be understood, that somebody uses it: <c>{ device, at }</c>.</summary>
    public async Task<JsonArray> Online() => (await Read("/online")).AsArray();

    /// <summary>Every time that a linked device let somebody write to it and asked for the same, oldest first: <c>{ from, to, at }</c>.</summary>
    public async Task<JsonArray> Tokens() => (await Read("/tokens")).AsArray();

    /// <summary>What no real server would have understood. Empty, or the engine is wrong.</summary>
    public async Task<JsonArray> Problems() => (await Read("/problems")).AsArray();

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _watchdog.Dispose();
        _process.Dispose();
        _control.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<JsonObject> Do(string path, object body)
    {
        _overheard?.Invoke(JsonSerializer.SerializeToNode(body, JsonSerializerOptions.Web));
        using var answer = await _control.PostAsJsonAsync(path, body);
        var said = await answer.Content.ReadAsStringAsync();
        var told = answer.IsSuccessStatusCode
            ? JsonNode.Parse(said)!.AsObject()
            : throw new InvalidOperationException($"The emulator refused {path}: {said}");
        _overheard?.Invoke(told);
        return told;
    }

    private async Task<JsonNode> Read(string path) => (await _control.GetFromJsonAsync<JsonNode>(path))!;
}
