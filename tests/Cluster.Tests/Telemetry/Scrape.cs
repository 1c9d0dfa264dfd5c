using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Loopwave.Processes;
using Xunit;

namespace Loopwave.Telemetry;

/// <summary>What a process tells at <c>/metrics</c>.</summary>
internal sealed partial record Scrape(string Text)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Our metrics, with their types.</summary>
    public IReadOnlyDictionary<string, string> Ours => Type().Matches(Text).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    /// <summary>Every series with its labels.</summary>
    public IReadOnlyList<(string Metric, IReadOnlySet<(string Name, string Value)> Labels)> Series =>
    [
        .. Line().Matches(Text).Select(line => (
            line.Groups[1].Value,
            (IReadOnlySet<(string, string)>)Label().Matches(line.Groups[2].Value).Select(label => (label.Groups[1].Value, label.Groups[2].Value)).ToHashSet())),
    ];

    /// <summary>Asks until it is there: what was sent is answered a moment later, and the outbox is read every 5 seconds.</summary>
    public static async Task<Scrape> Of(LoopwaveProcess process, Func<Scrape, bool> until)
    {
        var scrape = new Scrape("");
        await SandboxSend.Eventually(async () =>
        {
            using var answer = await process.Http.GetAsync("/metrics", Token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
            scrape = new Scrape(await answer.Content.ReadAsStringAsync(Token));
            return until(scrape);
        });
        return scrape;
    }

    /// <summary>Over all series that have this label.</summary>
    public double Sum(string metric, string label = "") => Text.Split('\n')
        .Where(line => line.StartsWith(metric + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^# TYPE (loopwave_\w+) (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex(@"^([a-z]\w*)(?:\{(.*)\})? \S+", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex(@"(\w+)=""([^""]*)""")]
    private static partial Regex Label();
}

/// <summary>A standalone process that sent one message, and one scrape of it for all tests that only look.</summary>
public sealed class ScrapedProcess : IAsyncLifetime
{
    private readonly LoopwaveDeployment _deployment = new();

    internal Scrape Scrape { get; private set; } = null!;

    /// <summary>What nobody may find in it.</summary>
    public IReadOnlyList<string> Secrets { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        _deployment.Settings[SandboxSend.LinksAtOnce.Key] = SandboxSend.LinksAtOnce.Value;
        var process = await _deployment.Start();
        using var client = await process.ApiClient();
        var number = await SandboxSend.ReadyNumber(client);
        var message = await SandboxSend.Send(client, number);
        Scrape = await Scrape.Of(process, HasAll);
        Secrets = [number, message, SandboxSend.Phone, SandboxSend.Text, client.DefaultRequestHeaders.Authorization!.Parameter!];
    }

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();

    internal static bool HasAll(Scrape scrape) => scrape.Sum("loopwave_send_latency_seconds_count") > 0 && scrape.Sum("loopwave_outbox_events") > 0;
}
