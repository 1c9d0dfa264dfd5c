using Loopwave.Processes;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Telemetry;

/// <summary>What a collector of the operator's is sent by real processes.</summary>
public sealed class TraceExportTests
{
    private const string Request = "POST /api/v1/messages/";

    private static readonly string[] Way = ["message accept", "message acknowledge", "message prepare", "message queue", "message relay"];

    [Fact]
    public async Task One_send_is_one_trace_and_says_nothing_of_anybody()
    {
        await using var collector = await FakeCollector.Start();
        await using var deployment = new LoopwaveDeployment { Settings = { [SandboxSend.LinksAtOnce.Key] = SandboxSend.LinksAtOnce.Value } };
        collector.SetUp(deployment.Settings);
        var process = await deployment.Start();
        using var client = await process.ApiClient();
        var number = await SandboxSend.ReadyNumber(client);
        var message = await SandboxSend.Send(client, number);

        var trace = await Trace(collector, [.. Way, "message deliver", "message read"]);
        await process.Stop();

        Assert.Equal([.. Way.Append("message deliver").Append("message read").Order()], trace.Where(span => span.Name.StartsWith("message ", StringComparison.Ordinal)).Select(span => span.Name).Order());
        Assert.All(trace, span => Assert.True(span.Name == Request ? span.Parent == "" : trace.Any(above => above.Id == span.Parent), span.Name));
        Assert.All(["IMessagesGrain/Send", "INumberGrain/Send"], call => Assert.Contains(trace, span => span.Name == call));
        Assert.Equal(["loopwave"], collector.Spans.Select(span => span.Service).Distinct());

        // What comes from the network is not what a request did, though one opened the connection.
        Assert.DoesNotContain(collector.Spans, span => span.Name.StartsWith("INumberEngineEvents/", StringComparison.Ordinal));
        var (key, everything) = (client.DefaultRequestHeaders.Authorization!.Parameter!, collector.Everything);
        Assert.All([SandboxSend.Phone, SandboxSend.Text, number, message, key, key.Split('_')[2][..8], LoopwaveDeployment.AdminEmail], secret => Assert.DoesNotContain(secret, everything, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_that_another_silo_sends_is_still_one_trace()
    {
        await using var collector = await FakeCollector.Start();
        await using var deployment = await ClusterDeployment.Create();
        deployment.Settings[SandboxSend.LinksAtOnce.Key] = SandboxSend.LinksAtOnce.Value;
        collector.SetUp(deployment.Settings);
        var first = await deployment.StartSilo(1);
        var api = await deployment.StartApi(1);
        using var client = await api.ApiClient();
        var number = await SandboxSend.ReadyNumber(client);

        // It waits until the silo that accepted it is gone.
        await SandboxSend.Want(client, number, "stopped");
        await SandboxSend.Send(client, number, whenOffline: "queue");
        await deployment.StartSilo(2);
        Assert.Equal(0, await first.Stop());
        await SandboxSend.Want(client, number, "started");

        var trace = await Trace(collector, Way);
        Assert.Equal("loopwave-api", trace.Single(span => span.Name == Request).Service);
        Assert.Equal([("loopwave-silo", true)], Of("message accept", "message accept"));
        Assert.Equal([("loopwave-silo", false)], Of("message queue", "message accept"));
        Assert.Equal([("loopwave-silo", false)], Of("message relay", "message accept"));

        // The service of a span, and whether it is of the same process as another one.
        IEnumerable<(string, bool)> Of(string name, string other) =>
            trace.Where(span => span.Name == name).Select(span => (span.Service, span.Instance == trace.Single(one => one.Name == other).Instance));
    }

    [Fact]
    public async Task Without_a_collector_nothing_is_sent_and_a_callers_own_trace_is_not_kept()
    {
        await using var deployment = new LoopwaveDeployment { Settings = { [SandboxSend.LinksAtOnce.Key] = SandboxSend.LinksAtOnce.Value } };
        var process = await deployment.Start();
        using var client = await process.ApiClient();
        var number = await SandboxSend.ReadyNumber(client);
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        client.DefaultRequestHeaders.Add("traceparent", $"00-{Trace}-00f067aa0ba902b7-01");

        await SandboxSend.Want(client, number, "stopped");
        await SandboxSend.Send(client, number, whenOffline: "queue");
        await process.Stop();

        Assert.All(Directory.EnumerateFiles(deployment.DataDirectory, "loopwave.db*"), file =>
            Assert.DoesNotContain(Trace, File.ReadAllText(file, System.Text.Encoding.Latin1), StringComparison.Ordinal));
        Assert.Contains(Directory.EnumerateFiles(deployment.DataDirectory, "loopwave.db*"), file =>
            File.ReadAllText(file, System.Text.Encoding.Latin1).Contains(SandboxSend.Text, StringComparison.Ordinal));
    }

    // The spans of the request that sent a message, as soon as all of these have come: each process sends its own, when it has time.
    private static async Task<IReadOnlyList<CollectedSpan>> Trace(FakeCollector collector, string[] names)
    {
        IReadOnlyList<CollectedSpan> Found() => [.. collector.Spans.Where(span => span.Trace == collector.Spans.FirstOrDefault(one => one.Name == Request)?.Trace)];
        await SandboxSend.Eventually(() => Task.FromResult(names.Except(Found().Select(span => span.Name)).Any() is false));
        return Found();
    }
}
