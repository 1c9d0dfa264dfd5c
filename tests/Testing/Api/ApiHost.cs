using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Loopwave.Api;
using Loopwave.Media;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans.Dashboard;

namespace Loopwave.Testing.Api;

/// <summary>The API on an in-memory server, over a fake deployment and a clock in the test's hands.</summary>
public sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiHost(WebApplication app, FakeDeployment deployment, InMemoryMediaFiles files, FakeTimeProvider clock, LogLines log)
    {
        _app = app;
        Deployment = deployment;
        Files = files;
        Clock = clock;
        Log = log;
    }

    public FakeDeployment Deployment { get; }

    public InMemoryMediaFiles Files { get; }

    public FakeTimeProvider Clock { get; }

    public LogLines Log { get; }

    public WebApplication App => _app;

    /// <summary>Where a real server listens.</summary>
    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <param name="settings">Configuration, such as <c>Api:MaxMediaBytes</c>.</param>
    /// <param name="map">Routes of the test's own, mapped after the API.</param>
    /// <param name="grains">Real grains instead of the fake ones.</param>
    /// <param name="orleansDashboard">With Orleans' dashboard, as an API node of a cluster has it.</param>
    /// <param name="realServer">Listens on a free port of this machine instead of in memory.</param>
    public static async Task<ApiHost> Start(
        Dictionary<string, string?>? settings = null, Action<WebApplication>? map = null, bool realServer = false, IGrainFactory? grains = null,
        bool orleansDashboard = false)
    {
        var deployment = new FakeDeployment();
        var files = new InMemoryMediaFiles();
        var clock = new FakeTimeProvider(FakeDeployment.Noon);
        var log = new LogLines();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = "Test" });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.Services.AddLogging(logging => logging.AddProvider(log));
        if (realServer)
        {
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        builder.Services.AddSingleton(grains ?? new FakeGrainFactory(deployment));
        builder.Services.AddSingleton<IMediaFiles>(files);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddLoopwaveApi();
        if (orleansDashboard)
        {
            new ClusterClient(builder.Services, builder.Configuration).AddDashboard();
        }

        var app = builder.Build();
        app.MapLoopwaveApi(orleansDashboard);
        map?.Invoke(app);
        await app.StartAsync();
        return new ApiHost(app, deployment, files, clock, log);
    }

    /// <summary>A client without a credential.</summary>
    public HttpClient Client(bool https = false)
    {
        var client = _app.GetTestClient();
        client.BaseAddress = new Uri(https ? "https://inbox.example.com" : "http://localhost");
        return client;
    }

    /// <summary>A client with a key of these scopes; all scopes when none are named.</summary>
    public HttpClient ClientWith(params string[] scopes) =>
        ClientWithKey(Deployment.AddKey(scopes.Length == 0 ? null : scopes));

    public HttpClient ClientWithKey(string key)
    {
        var client = Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>A client that holds the cookie of a signed-in admin.</summary>
    public HttpClient AdminClient()
    {
        var client = Client();
        client.DefaultRequestHeaders.Add("Cookie", "lw=" + Deployment.AddSession());
        client.DefaultRequestHeaders.Add("X-Loopwave", "1");
        return client;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // Takes what is added to the client of a cluster; there is none.
    private sealed record ClusterClient(IServiceCollection Services, IConfiguration Configuration) : IClientBuilder;
}

/// <summary>One API for all tests of a class, which run one after the other; starting one costs more than a request.</summary>
public sealed class SharedApiHost : IAsyncDisposable
{
    private readonly Lazy<Task<ApiHost>> _host = new(() => ApiHost.Start());

    public Task<ApiHost> Get() => _host.Value;

    public async ValueTask DisposeAsync()
    {
        if (_host.IsValueCreated)
        {
            await (await _host.Value).DisposeAsync();
        }
    }
}

/// <summary>Words for requests and answers, for short tests.</summary>
public static class Http
{
    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    public static Task<HttpResponseMessage> PostJson(this HttpClient client, string address, string json) =>
        client.PostAsync(address, Json(json));

    public static async Task<JsonElement> Body(this HttpResponseMessage response) =>
        JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());

    public static async Task<string> ErrorCode(this HttpResponseMessage response) =>
        (await response.Body()).GetProperty("error").GetString()!;

    public static string Header(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(",", values)
            : "";
}
