using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loopwave.Processes;
using Loopwave.Testing.Storage;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>
/// The product as a user starts it, with its real engine hosts and an unmodified Baileys, against the WhatsApp server for
/// tests. Driven through REST alone. What must hold of every run is asserted at its end: the network understood all that it was
/// sent, no number was shown as online, and nothing that was written down gives away who wrote what to whom, or a key.
/// </summary>
public sealed class Deployment : IAsyncLifetime
{
    // Of an API key: 43 characters, and 6 that check them.
    private const int SecretOfKey = 49;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static int _phones;

    private readonly LoopwaveDeployment _deployment = new();
    private readonly Confidences _confidences = new();
    private readonly List<string> _secrets = [LoopwaveDeployment.AdminPassword];

    /// <summary>Settings of the product beyond those that point it at the tests' server.</summary>
    public Dictionary<string, string?> Settings { get; init; } = [];

    public EmulatorProcess WhatsApp { get; private set; } = null!;

    public LoopwaveProcess Process { get; private set; } = null!;

    public HttpClient Api { get; private set; } = null!;

    public string DataDirectory => _deployment.DataDirectory;

    public async ValueTask InitializeAsync()
    {
        WhatsApp = await EmulatorProcess.Start(_confidences.Gather);
        _deployment.Settings["NODE_OPTIONS"] = WhatsApp.NodeOptions;
        _deployment.Settings["NODE_EXTRA_CA_CERTS"] = WhatsApp.Certificates;
        _deployment.Settings["WA_SOCKET_URL"] = WhatsApp.Url;
        _deployment.Settings["LOG_LEVEL"] = "debug";
        _deployment.Settings["Api__RequestsPerMinute"] = "1000000";
        _deployment.Settings["Numbers__ShortestGap"] = "00:00:00";
        _deployment.Settings["Numbers__LongestGap"] = "00:00:00";
        foreach (var (name, value) in Settings)
        {
            _deployment.Settings[name] = value;
        }

        await Start();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _deployment.End();
            Assert.Equal("[]", (await WhatsApp.Problems()).ToJsonString());
            Assert.Equal("[]", (await WhatsApp.Online()).ToJsonString());
            Writing.HoldNothing(await Written(), _confidences, _secrets, await StoredSecrets.AllKeys(Path.Combine(DataDirectory, "auth")));
        }
        finally
        {
            await _deployment.DisposeAsync();
            await WhatsApp.DisposeAsync();
        }
    }

    /// <summary>Starts the product, again after an end. The caller stays the same one: another key is another caller.</summary>
    public async Task Start()
    {
        Process = await _deployment.Start();
        if (Api is null)
        {
            var key = await Process.NewKey();

            // Its beginning may be said: that is its id.
            _secrets.Add(key[^SecretOfKey..]);
            Api = Process.WithKey(key, new Overhearing(_confidences.Gather));
        }
    }

    /// <summary>Sets an environment variable for starts from now on; null leaves it out.</summary>
    public void Set(string name, string? value) => _deployment.Settings[name] = value;

    /// <summary>What must not be written down beside what people say: a password, for instance.</summary>
    public void IsSecret(string words) => _secrets.Add(words);

    /// <summary>What all processes so far wrote to their standard streams, and the files of their logs.</summary>
    internal async Task<IReadOnlyList<Writing>> Written()
    {
        List<Writing> written = [.. _deployment.Outputs.Select((output, i) => new Writing($"The output of process {i}", output))];
        foreach (var file in Directory.GetFiles(Path.Combine(DataDirectory, "logs")))
        {
            written.Add(new Writing(file, await File.ReadAllTextAsync(file)));
        }

        return written;
    }

    /// <summary>A phone number that nobody has yet.</summary>
    public static string NewPhone() => $"9198{Interlocked.Increment(ref _phones):D8}";

    /// <summary>Somebody to write with.</summary>
    public async Task<string> Person(string name = "Customer")
    {
        var phone = NewPhone();
        await WhatsApp.Person(phone, name);
        return phone;
    }

    public async Task<string> NewNumber() =>
        Text((await Post("/api/v1/numbers", new { label = "Support", engine = "whatsapp" }))["id"]);

    /// <summary>A number that is linked to a phone of its own, and ready.</summary>
    public async Task<(string Number, string Phone)> LinkedNumber()
    {
        var phone = await Person("Shop");
        var number = await NewNumber();
        await LinkByQr(number, phone);
        return (number, phone);
    }

    public async Task LinkByQr(string number, string phone)
    {
        await Accepted($"/api/v1/numbers/{number}/link", new { method = "qr" });
        var link = await Until(() => Get($"/api/v1/numbers/{number}/link"), link => link["qr"] is not null);
        await WhatsApp.Scan(phone, Text(link["qr"]));
        await Ready(number);
    }

    /// <summary>Asks for something that may be asked twice until it is done: on a busy machine the product says 503 at times.</summary>
    private Task Accepted(string path, object body) => Until(
        async () =>
        {
            using var answer = await Api.PostAsJsonAsync(path, body);
            var said = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            return answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.ServiceUnavailable
                ? new JsonObject { ["done"] = answer.IsSuccessStatusCode, ["said"] = said }
                : throw new InvalidOperationException($"{path} was answered with {(int)answer.StatusCode}: {said.ToJsonString()}");
        },
        answer => answer["done"]!.GetValue<bool>());

    public Task<JsonObject> Ready(string number) => Number(number, view => Text(view["status"]) == "ready");

    /// <summary>Waits until a number is as wanted.</summary>
    public Task<JsonObject> Number(string number, Func<JsonObject, bool> until, TimeSpan? patience = null) =>
        Until(() => Get($"/api/v1/numbers/{number}"), until, patience);

    /// <summary>Waits until a number shows, or has shown, a status with a cause: many last too short a time to be seen by asking.</summary>
    public Task<JsonObject> WasSeen(string number, string status, string reason) => Number(
        number,
        view => view["timeline"]!.AsArray().Any(entry => Text(entry!["status"]) == status && Text(entry["reason"]?["code"]) == reason));

    /// <summary>Sends a text; the id of the message.</summary>
    public async Task<string> Send(string number, string to, string text) =>
        Text((await Post("/api/v1/messages", new { from = number, to, text, whenOffline = "queue" }))["id"]);

    /// <summary>Uploads a file to send; its id.</summary>
    public async Task<string> Upload(byte[] file, string mimeType)
    {
        using var content = new ByteArrayContent(file);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(mimeType);
        using var answer = await Api.PostAsync("/api/v1/media?fileName=file.bin", content);
        answer.EnsureSuccessStatusCode();
        return Text((await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]);
    }

    /// <summary>Waits until a message is as wanted.</summary>
    public Task<JsonObject> Message(string id, Func<JsonObject, bool> until) => Until(() => Get($"/api/v1/messages/{id}"), until);

    public Task<JsonObject> MessageIs(string id, string status) => Message(id, message => Text(message["status"]) == status);

    /// <summary>Waits until a chat, named by a phone or an address, shows a message as wanted.</summary>
    public Task<JsonObject> Shown(string chat, Func<JsonObject, bool> wanted) => Until(
        async () =>
        {
            using var answer = await Api.GetAsync($"/api/v1/chats/{Uri.EscapeDataString(chat)}/messages?limit=200");
            var page = await answer.Content.ReadFromJsonAsync<JsonObject>();
            return page?["data"]?.AsArray().Select(message => message!.AsObject()).FirstOrDefault(wanted) ?? [];
        },
        message => message.Count > 0);

    /// <summary>Waits until a chat, named by a phone or an address, is there and as wanted.</summary>
    public Task<JsonObject> Chat(string chat, Func<JsonObject, bool> until, string? number = null) => Until(
        async () =>
        {
            using var answer = await Api.GetAsync($"/api/v1/chats/{Uri.EscapeDataString(chat)}{(number is null ? "" : $"?number={number}")}");
            return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonObject>())! : [];
        },
        found => found.Count > 0 && until(found));

    /// <summary>Waits until what a person was sent is as wanted.</summary>
    public Task<JsonArray> Inbox(string person, Func<JsonArray, bool> until) => Until(() => WhatsApp.Inbox(person), until);

    /// <summary>Waits until an author's phone knows that somebody has read a message; what it was told.</summary>
    public async Task<JsonNode> ReadBy(string reader, string author, string id)
    {
        bool IsIt(JsonNode? receipt) =>
            (Text(receipt!["id"]), Text(receipt["from"]), Text(receipt["type"])) == (id, reader, "read");
        return (await Until(() => WhatsApp.Receipts(author), receipts => receipts.Any(IsIt))).First(IsIt)!;
    }

    /// <summary>Waits until the devices of a phone have all that was waiting for them.</summary>
    public Task Told(string phone) => Until(
        () => WhatsApp.Account(phone), account => account["companions"]!.AsArray().All(device => device!["pending"]!.GetValue<int>() == 0));

    public async Task<JsonObject> Get(string path) => (await Api.GetFromJsonAsync<JsonObject>(path))!;

    public Task<JsonObject> Post(string path, object body) => Do(HttpMethod.Post, path, body);

    public async Task<JsonObject> Do(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await Api.SendAsync(request);
        var said = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? said.Length == 0 ? [] : JsonNode.Parse(said)!.AsObject()
            : throw new InvalidOperationException($"{method} {path} was answered with {(int)answer.StatusCode}: {said}");
    }

    /// <summary>Asks until the answer is the one waited for; fails with the last answer after a minute, or another time.</summary>
    public static async Task<T> Until<T>(Func<Task<T>> ask, Func<T, bool> until, TimeSpan? patience = null)
        where T : JsonNode
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (until(answer))
            {
                return answer;
            }

            if (TimeProvider.System.GetElapsedTime(began) > (patience ?? Patience))
            {
                throw new TimeoutException($"Waited {(patience ?? Patience).TotalSeconds} s; the last answer was {answer.ToJsonString()}.");
            }

            await Pause();
        }
    }

    public static string Text(JsonNode? node) => node?.GetValue<string>() ?? "";

    // Between two questions to another process, so that asking does not take the time that it needs.
    private static Task Pause() => Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
}
