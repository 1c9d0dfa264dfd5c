using System.Net;
using Loopwave.Deploy;
using Loopwave.Processes;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Telemetry;

/// <summary>What a scrape of real processes gets.</summary>
public sealed class MetricsTests(ScrapedProcess standalone) : IClassFixture<ScrapedProcess>
{
    private const string Requests = "http_server_request_duration_seconds_count";
    private const string OfMessages = "http_route=\"/api/v1/messages/\"";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_standalone_process_shows_what_it_measured_and_nothing_of_anybody()
    {
        var scrape = standalone.Scrape;

        Assert.Equal(1, scrape.Sum("loopwave_messages_accepted_total", "engine=\"sandbox\""));
        Assert.Equal(1, scrape.Sum("loopwave_time_to_ack_seconds_count", "engine=\"sandbox\""));
        Assert.Equal(1, scrape.Sum("loopwave_queue_age_seconds_count", "engine=\"sandbox\""));
        Assert.Equal(1, scrape.Sum("loopwave_numbers", "status=\"ready\""));
        Assert.True(scrape.Sum("loopwave_storage_latency_seconds_count", "backend=\"sqlite\"") > 0);
        Assert.All(["dotnet_gc_", "http_server_request_duration_seconds_bucket", "orleans_"], name => Assert.Contains(name, scrape.Text, StringComparison.Ordinal));
        Assert.All(standalone.Secrets, secret => Assert.DoesNotContain(secret, scrape.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_metric_is_told_under_its_own_name_and_type() =>
        Assert.Equal(DefinedMetrics.All.Select(metric => (metric.Key, metric.Value.Type)).Order(), standalone.Scrape.Ours.Select(metric => (metric.Key, metric.Value)).Order());

    [Fact]
    public void What_dashboard_and_alerts_ask_for_is_in_a_scrape()
    {
        var scraped = standalone.Scrape.Series;
        var values = scraped.SelectMany(series => series.Labels).ToHashSet();
        var page = DeployFiles.Read("docs/operations/metrics.md");

        Assert.All(WatchedSeries.OfDashboard.Concat(WatchedSeries.Rules.SelectMany(WatchedSeries.OfAlert)), watched =>
        {
            Assert.Contains(scraped, series => series.Metric == watched.Metric && watched.Labels.IsSubsetOf(series.Labels.Select(label => label.Name)));

            // What has not happened to this process is at least what the page says that there is.
            Assert.All(watched.Values, value => Assert.True(values.Contains(value) || page.Contains($"`{value.Value}`", StringComparison.Ordinal), $"{value}"));
        });
    }

    [Fact]
    public async Task Through_a_proxy_and_from_elsewhere_there_is_nothing()
    {
        await using var deployment = new LoopwaveDeployment { Settings = { ["TRUSTED_PROXIES"] = "127.0.0.0/8,::1" } };
        var process = await deployment.Start();
        using var proxied = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { { "X-Forwarded-For", "10.0.0.1" } } };
        using var answer = await process.Http.SendAsync(proxied, Token);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        await process.Stop();

        deployment.Settings["METRICS_ALLOW"] = "192.0.2.0/24";
        using var elsewhere = await (await deployment.Start()).Http.GetAsync("/metrics", Token);
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
    }

    [Fact]
    public async Task Switched_off_there_is_nothing()
    {
        await using var deployment = new LoopwaveDeployment { Settings = { ["METRICS_ALLOW"] = "none" } };

        using var answer = await (await deployment.Start()).Http.GetAsync("/metrics", Token);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task In_a_cluster_silos_show_their_numbers_and_nodes_their_requests()
    {
        await using var deployment = await ClusterDeployment.Create();
        deployment.Settings[SandboxSend.LinksAtOnce.Key] = SandboxSend.LinksAtOnce.Value;
        var silo = await deployment.StartSilo(1);
        var api = await deployment.StartApi(1);
        using var client = await api.ApiClient();
        await SandboxSend.Send(client, await SandboxSend.ReadyNumber(client));

        var ofSilo = await Scrape.Of(silo, ScrapedProcess.HasAll);
        var ofApi = await Scrape.Of(api, scrape => scrape.Sum(Requests, OfMessages) > 0);

        Assert.Equal(1, ofSilo.Sum("loopwave_numbers", "status=\"ready\""));
        Assert.True(ofSilo.Sum("loopwave_storage_latency_seconds_count", "backend=\"postgres\"") > 0);
        Assert.Empty(ofApi.Ours);
    }
}
