using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loopwave.Network;
using Loopwave.Processes;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>What a cluster of real processes promises its callers, whichever of them is there.</summary>
public sealed class ClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private ClusterDeployment _deployment = null!;

    public async ValueTask InitializeAsync()
    {
        _deployment = await ClusterDeployment.Create();
        _deployment.Settings["Sandbox__LinkDelay"] = "00:00:00";
        _deployment.Settings["Sandbox__HistoryChats"] = "0";
    }

    public ValueTask DisposeAsync()
    {
        output.WriteLine(LogErrors.Of(_deployment.LogFolders));
        return _deployment.DisposeAsync();
    }

    [Fact]
    public async Task Any_api_node_answers_for_any_number_and_numbers_are_spread_over_the_silos()
    {
        await Task.WhenAll(_deployment.StartSilo(1), _deployment.StartSilo(2));
        var nodes = await Task.WhenAll(_deployment.StartApi(1), _deployment.StartApi(2));
        var key = await nodes[0].NewKey();
        var clients = nodes.Select(node => node.WithKey(key)).ToArray();
        var numbers = await Numbers(clients[0], 20);

        var messages = new List<string>();
        foreach (var number in numbers)
        {
            var sent = await clients[messages.Count % 2].PostAsJsonAsync("/api/v1/messages", new { from = number, to = "919811111111", text = "hello" }, Token);
            Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
            messages.Add((await sent.Content.ReadFromJsonAsync<JsonObject>(Token))!["id"]!.GetValue<string>());
        }

        // Each is asked for at the node that did not send it.
        foreach (var (id, i) in messages.Select((id, i) => (id, i)))
        {
            await Until(clients[(i + 1) % 2], $"/api/v1/messages/{id}", message => Text(message["status"]) is "delivered" or "read");
        }

        await ANodeThatIsAskedToStopAnswersAndLetsItsConnectionsEnd(nodes[1], clients[1]);
    }

    private static async Task ANodeThatIsAskedToStopAnswersAndLetsItsConnectionsEnd(LoopwaveProcess node, HttpClient client)
    {
        var stopping = node.Stop();

        for (var isReady = true; isReady;)
        {
            // It ends: one that does not say so in time is not there any more.
            using var ready = await client.GetAsync("/api/health/ready", Token);
            isReady = ready.StatusCode != HttpStatusCode.ServiceUnavailable;
        }

        using var numbers = await client.GetAsync("/api/v1/numbers", Token);
        Assert.Equal((HttpStatusCode.OK, true), (numbers.StatusCode, numbers.Headers.ConnectionClose));
        Assert.Equal(0, await stopping);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/api/health", Token));
    }

    [Fact]
    public async Task The_numbers_of_a_killed_silo_come_back_on_another_one_and_those_of_the_survivor_never_leave_ready()
    {
        var silos = await Task.WhenAll(_deployment.StartSilo(1), _deployment.StartSilo(2));
        var api = await _deployment.StartApi(1);
        using var client = await api.ApiClient();
        var numbers = await Numbers(client, 40);
        var before = await Since(client, numbers);
        var survivors = new List<string>();
        foreach (var number in numbers)
        {
            var silo = Text((await Until(api.Http, $"/api/app/cluster/numbers/{number}", where => where["silo"] is not null))["silo"]);
            survivors.AddRange(silo.StartsWith(_deployment.AddressOf(1), StringComparison.Ordinal) ? [number] : []);
        }

        // Calls under way end by themselves there, each with a line of the framework about what it was.
        var underWay = numbers.Select(number => client.PostAsJsonAsync("/api/v1/messages", new { from = number, to = "919811111111", text = Said }, Token)).ToList();
        await silos[1].Kill();
        foreach (var answer in await Task.WhenAll(underWay))
        {
            Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.Conflict, HttpStatusCode.ServiceUnavailable]);
            answer.Dispose();
        }

        await Until(client, "/api/v1/numbers?limit=200", page => Data(page).Count(number => Text(number["status"]) == "ready" && before[Text(number["id"])] != Text(number["since"])) is var back && back >= 1 && Data(page).All(number => Text(number["status"]) == "ready"));
        foreach (var number in numbers)
        {
            var view = await Until(client, $"/api/v1/numbers/{number}", view => Text(view["status"]) == "ready");
            var sent = await client.PostAsJsonAsync("/api/v1/messages", new { from = number, to = "919811111111", text = Said }, Token);
            Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
        }

        NothingSaidIsLogged("api-1", "silo-1", "silo-2");
        var after = await Since(client, numbers);
        // What is uneven up to a tenth and five numbers is not worth moving any.
        Assert.InRange(survivors.Count, 13, 27);
        Assert.Equal(survivors, numbers.Where(number => after[number] == before[number]));
        await ASiloThatAloneLosesTheDatabaseEndsItself(api, numbers[0]);
    }

    private void NothingSaidIsLogged(params string[] processes)
    {
        foreach (var file in processes.SelectMany(process => Directory.EnumerateFiles(_deployment.LogFolderOf(process))))
        {
            Assert.DoesNotContain(Said, File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    // Beside the silo and the numbers that are there already: the number comes back on the other one, which the database is not gone for.
    private async Task ASiloThatAloneLosesTheDatabaseEndsItself(LoopwaveProcess api, string number)
    {
        using var way = new FaultProxy(IPAddress.Loopback, new IPEndPoint(IPAddress.Loopback, _deployment.Postgres.Port));
        var settings = _deployment.SettingsOf("silo-3");
        settings["POSTGRES_URI"] = _deployment.PostgresOver(way.Address.Port);
        settings["Lease__EndSiloAfter"] = "00:00:10";
        var silo = await _deployment.StartSilo(3);
        var survivor = Text((await Until(api.Http, $"/api/app/cluster/numbers/{number}", where => where["silo"] is not null))["silo"]);
        var lone = Lone(await Until(api.Http, "/api/app/cluster", view => Lone(view) is not null));
        using var moved = await api.Http.PostAsJsonAsync($"/api/app/cluster/numbers/{number}/move", new { silo = lone }, Token);
        Assert.Equal(HttpStatusCode.Accepted, moved.StatusCode);
        await Until(api.Http, $"/api/app/cluster/numbers/{number}", where => Text(where["silo"]) == lone);

        way.GoDown();

        Assert.Equal(3, await silo.Exit());
        Assert.Contains("This silo cannot reach the database, and other silos can.", silo.Output, StringComparison.Ordinal);
        await Until(api.Http, $"/api/app/cluster/numbers/{number}", where => Text(where["silo"]) == survivor);
        await Until(api.Http, "/api/app/cluster", view => Silos(view).Sum(Ready) == 40);

        string? Lone(JsonObject view) => Silos(view).Select(one => Text(one["id"])).FirstOrDefault(id => id.StartsWith(_deployment.AddressOf(3), StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_admin_sees_the_cluster_moves_a_number_and_empties_a_silo()
    {
        await Task.WhenAll(_deployment.StartSilo(1), _deployment.StartSilo(2));
        var api = await _deployment.StartApi(1);
        using var client = await api.ApiClient();
        var numbers = await Numbers(client, 20);
        var cluster = await Until(api.Http, "/api/app/cluster", view => Silos(view).Count() == 2 && Silos(view).Sum(Ready) == 20);
        Assert.All(Silos(cluster), silo => Assert.InRange(Ready(silo), 8, 12));
        Assert.Equal((10, 20), (cluster["connectBudget"]!["perSecond"]!.GetValue<double>(), cluster["numbers"]!["ready"]!.GetValue<int>()));
        await Until(api.Http, "/api/app/cluster", view => view["apiNodes"]!.AsArray().Count == 1);

        var number = numbers[0];
        var home = Text((await Until(api.Http, $"/api/app/cluster/numbers/{number}", _ => true))["silo"]);
        var other = Text(Silos(cluster).Single(silo => Text(silo["id"]) != home)["id"]);
        using var moved = await api.Http.PostAsJsonAsync($"/api/app/cluster/numbers/{number}/move", new { }, Token);
        Assert.Equal(HttpStatusCode.Accepted, moved.StatusCode);
        await Until(api.Http, $"/api/app/cluster/numbers/{number}", where => Text(where["silo"]) == other);

        using var drained = await api.Http.PostAsync($"/api/app/cluster/silos/{other}/drain", null, Token);
        Assert.Equal(HttpStatusCode.OK, drained.StatusCode);
        await Until(api.Http, "/api/app/cluster", view => Silos(view).Any(silo => Text(silo["id"]) == other && Text(silo["state"]) == "drained"));
        await Until(api.Http, "/api/app/cluster", view => Silos(view).Any(silo => Text(silo["id"]) == home && Ready(silo) == 20));
        using var tooMany = await api.Http.PostAsync($"/api/app/cluster/silos/{home}/drain", null, Token);
        Assert.Equal(HttpStatusCode.Conflict, tooMany.StatusCode);
        using var keyOnly = await client.GetAsync("/api/app/cluster", Token);
        Assert.Equal(HttpStatusCode.Unauthorized, keyOnly.StatusCode);
        Assert.All(Silos(cluster).Append(cluster), part => Assert.Empty(part["alarms"]!.AsArray()));

        // Processes of another cluster on the same database end at once, and say why.
        _deployment.Settings["CLUSTER_ID"] = "other";
        foreach (var stranger in new[] { _deployment.LaunchSilo(3), _deployment.LaunchApi(2) })
        {
            Assert.Equal(2, await stranger.Exit());
            Assert.Contains("CLUSTER_ID is \"other\", but the database belongs to the cluster \"loopwave\".", stranger.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_silo_that_joins_is_given_its_share_of_the_numbers()
    {
        _deployment.Settings["Numbers__SweepPeriod"] = "00:00:10";
        await _deployment.StartSilo(1);
        var api = await _deployment.StartApi(1);
        using var client = await api.ApiClient();
        var numbers = await Numbers(client, 40);

        await _deployment.StartSilo(2);

        await Until(api.Http, "/api/app/cluster", view => Silos(view).Count() == 2 && Silos(view).All(silo => Ready(silo) is >= 15 and <= 25));
        var sent = await client.PostAsJsonAsync("/api/v1/messages", new { from = numbers[0], to = "919811111111", text = "hello" }, Token);
        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
    }

    [Fact]
    public async Task An_api_node_that_is_there_before_any_silo_says_so_and_answers_as_soon_as_there_is_one()
    {
        var api = _deployment.LaunchApi(1);
        await Until(api.Http, "/api/health", health => health["ok"]?.GetValue<bool>() is true);
        using var early = await api.Http.GetAsync("/api/v1/numbers", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
        Assert.NotNull(early.Headers.RetryAfter);
        using var ready = await api.Http.GetAsync("/api/health/ready", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);

        await _deployment.StartSilo(1);

        await api.Ready();
        using var client = await api.ApiClient();
        await Numbers(client, 1);
    }

    [Fact]
    public async Task An_api_node_that_is_stopped_while_it_waits_for_a_silo_ends_as_asked()
    {
        var api = _deployment.LaunchApi(1);
        await Until(api.Http, "/api/health", health => health["ok"]?.GetValue<bool>() is true);

        Assert.Equal(0, await api.Stop());
        Assert.DoesNotContain("Hosting failed to start", api.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("An error occurred", api.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_there_before_the_database_waits_for_it_and_joins_when_it_is_there()
    {
        await _deployment.Postgres.Kill();
        var silo = _deployment.LaunchSilo(1);
        await Until(silo.Http, "/api/health", health => health["ok"]?.GetValue<bool>() is true);
        using var early = await silo.Http.GetAsync("/api/health/ready", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);

        await _deployment.Postgres.Go();

        await silo.Ready();
        await Until(silo.Http, "/api/health/ready", health => health["ok"]?.GetValue<bool>() is true);
    }

    [Fact]
    public async Task An_api_node_that_is_there_before_the_database_says_so_once_a_minute_and_answers_when_it_is_there()
    {
        await _deployment.Postgres.Kill();
        var launched = TimeProvider.System.GetTimestamp();
        var (silo, api) = (_deployment.LaunchSilo(1), _deployment.LaunchApi(1));
        await Until(api.Http, "/api/health", health => health["ok"]?.GetValue<bool>() is true);

        // It tries again each second, also by what looks whether the database fits.
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10);)
        {
            using var early = await api.Http.GetAsync("/api/health/ready", Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
            await RealTime.Pass(TimeSpan.FromSeconds(0.5));
        }

        var lines = LogErrors.All(_deployment.LogFolderOf("api-1")).ToList();
        Assert.All(lines, line => Assert.Contains("No silo can be reached yet", line, StringComparison.Ordinal));
        Assert.InRange(lines.Count, 1, 1 + (int)TimeProvider.System.GetElapsedTime(launched).TotalMinutes);

        await _deployment.Postgres.Go();

        await Task.WhenAll(silo.Ready(), api.Ready());
        await Until(api.Http, "/api/health/ready", health => health["ok"]?.GetValue<bool>() is true);
        using var client = await api.ApiClient();
        await Numbers(client, 1);
    }

    [Fact]
    public async Task A_database_that_is_away_is_told_within_five_seconds_and_everything_goes_on_when_it_is_back()
    {
        await _deployment.StartSilo(1);
        using var client = await (await _deployment.StartApi(1)).ApiClient();
        var number = (await Numbers(client, 1))[0];
        await _deployment.Postgres.Kill();

        var asked = TimeProvider.System.GetTimestamp();
        using var refused = await client.PostAsJsonAsync("/api/v1/messages", new { from = number, to = "919811111111", text = "lost?", whenOffline = "queue" }, Token);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "storage_unavailable"), (refused.StatusCode, await refused.ErrorCode()));
        Assert.InRange(TimeProvider.System.GetElapsedTime(asked).TotalSeconds, 0, 5);
        Assert.NotNull(refused.Headers.RetryAfter);

        await _deployment.Postgres.Go();

        var accepted = await UntilPosted(client, new { from = number, to = "919811111111", text = "there", whenOffline = "queue" });
        await Until(client, $"/api/v1/messages/{accepted}", message => Text(message["status"]) is "delivered" or "read");
    }

    [Fact]
    public async Task A_database_that_stands_still_is_told_to_all_who_ask_at_once()
    {
        await _deployment.StartSilo(1);
        using var client = await (await _deployment.StartApi(1)).ApiClient();
        var numbers = await Numbers(client, 5);
        object Body(int i, string text) => new { from = numbers[i % 5], to = $"9198111111{i:00}", text, whenOffline = "queue" };
        await UntilPosted(client, Body(0, "before"));
        _deployment.Postgres.Freeze(true);
        try
        {
            // Nothing that a silo knows counts for longer than 5 s.
            await RealTime.Pass(TimeSpan.FromSeconds(6));
            for (var round = 0; round < 3; round++)
            {
                await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
                {
                    var asked = TimeProvider.System.GetTimestamp();
                    using var refused = await (i % 4 == 3 ? client.GetAsync("/api/v1/chats", Token) : client.PostAsJsonAsync("/api/v1/messages", Body(i, "lost?"), Token));
                    var took = TimeProvider.System.GetElapsedTime(asked);
                    Assert.Equal((HttpStatusCode.ServiceUnavailable, "storage_unavailable"), (refused.StatusCode, await refused.ErrorCode()));

                    Assert.True(took.TotalSeconds <= 5, $"Request {i} of round {round} was answered after {took.TotalSeconds:F1} s.");
                    Assert.NotNull(refused.Headers.RetryAfter);
                }));
            }
        }
        finally
        {
            _deployment.Postgres.Freeze(false);
        }

        var accepted = await UntilPosted(client, Body(1, "there"));
        await Until(client, $"/api/v1/messages/{accepted}", message => Text(message["status"]) is "delivered" or "read");
    }

    private const string Said = "nothing that a stranger reads";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Text(JsonNode? node) => node?.GetValue<string>() ?? "";

    private static IEnumerable<JsonObject> Data(JsonObject page) => page["data"]!.AsArray().Select(one => one!.AsObject());

    private static IEnumerable<JsonObject> Silos(JsonObject view) => view["silos"]!.AsArray().Select(one => one!.AsObject());

    private static int Ready(JsonObject silo) => silo["numbers"]!["ready"]?.GetValue<int>() ?? 0;

    private static async Task<IReadOnlyList<string>> Numbers(HttpClient client, int count)
    {
        var numbers = new List<string>();
        for (var i = 0; i < count; i++)
        {
            using var answer = await client.PostAsJsonAsync("/api/v1/numbers", new { label = $"Line {i}", engine = "sandbox" }, Token);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            numbers.Add(Text((await answer.Content.ReadFromJsonAsync<JsonObject>(Token))!["id"]));
        }

        await Until(client, $"/api/v1/numbers?status=ready&limit=200", page => Data(page).Count() >= count);
        return numbers;
    }

    private static async Task<Dictionary<string, string>> Since(HttpClient client, IReadOnlyList<string> numbers)
    {
        var page = await Until(client, "/api/v1/numbers?limit=200", page => Data(page).Count() >= numbers.Count);
        return Data(page).ToDictionary(number => Text(number["id"]), number => Text(number["since"]));
    }

    /// <summary>Asks until the answer is the one waited for; no answer, or 503, is asked again.</summary>
    private static async Task<JsonObject> Until(HttpClient client, string path, Func<JsonObject, bool> until)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var last = "no answer"; ;)
        {
            try
            {
                using var answer = await client.GetAsync(path, Token);
                last = await answer.Content.ReadAsStringAsync(Token);
                if (answer.IsSuccessStatusCode && JsonNode.Parse(last)!.AsObject() is var found && until(found))
                {
                    return found;
                }
            }
            catch (HttpRequestException exception)
            {
                last = exception.Message;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"{path} after {Patience.TotalSeconds} s: {last}");
            await RealTime.Pass(TimeSpan.FromMilliseconds(50));
        }
    }

    private static async Task<string> UntilPosted(HttpClient client, object body)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var answer = await client.PostAsJsonAsync("/api/v1/messages", body, Token);
            if (answer.StatusCode is HttpStatusCode.Accepted)
            {
                return Text((await answer.Content.ReadFromJsonAsync<JsonObject>(Token))!["id"]);
            }

            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"Still refused after {Patience.TotalSeconds} s.");
            await RealTime.Pass(TimeSpan.FromMilliseconds(100));
        }
    }
}
