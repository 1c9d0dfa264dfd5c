using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Loopwave.Processes;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Loopwave.Standalone;

public class StartTests
{
    [Fact]
    public async Task A_first_start_serves_the_page_and_answers_its_health()
    {
        await using var deployment = new LoopwaveDeployment();
        var process = await deployment.Start();

        var page = await process.Http.GetAsync("/", TestContext.Current.CancellationToken);
        var health = await process.Http.GetAsync("/api/health", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Contains("script-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task The_screen_names_the_address_the_data_and_the_logs()
    {
        await using var deployment = new LoopwaveDeployment();
        var process = await deployment.Start();
        await process.Stop();

        Assert.Contains($"http://localhost:{deployment.Port}", process.Output);
        Assert.Contains(deployment.DataDirectory, process.Output);
        Assert.Contains(Path.Combine(deployment.DataDirectory, "logs"), process.Output);
        Assert.Contains("WhatsApp does not sanction", process.Output);
    }

    [Fact]
    public async Task Without_Node_a_WhatsApp_number_says_so_and_everything_else_works()
    {
        await using var deployment = new LoopwaveDeployment { Settings = { ["PATH"] = "/nowhere" } };
        var process = await deployment.Start();
        using var client = await process.ApiClient();

        var created = await client.PostAsJsonAsync("/api/v1/numbers", new { label = "Real", engine = "whatsapp" });
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var number = (await created.Content.ReadFromJsonAsync<JsonObject>())!["id"]!.GetValue<string>();
        await client.PostAsJsonAsync($"/api/v1/numbers/{number}/link", new { method = "qr" });

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        JsonNode? reason = null;
        while (reason is null && await again.WaitForNextTickAsync(patience.Token))
        {
            reason = (await client.GetFromJsonAsync<JsonObject>($"/api/v1/numbers/{number}/link"))!["reason"];
        }

        Assert.Equal("node_missing", reason!["code"]!.GetValue<string>());
        Assert.Contains("Node.js 20", reason["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task Every_mistake_in_the_configuration_is_named_once_and_nothing_is_started()
    {
        await using var deployment = new LoopwaveDeployment
        {
            Settings =
            {
                ["PORT"] = "70000",
                ["MONGODB_URI"] = "mongodb://localhost",
                ["CREDENTIALS_KEY"] = "not-a-key-but-secret",
                ["LOG_LEVEL"] = "loud",
                ["WEB_ORIGIN"] = "inbox.example.com",
            },
        };
        var process = deployment.Launch();

        Assert.Equal(2, await process.Exit());
        var lines = process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, lines.Length);
        foreach (var key in deployment.Settings.Keys)
        {
            Assert.Single(lines, line => line.StartsWith(key, StringComparison.Ordinal));
        }

        Assert.DoesNotContain("not-a-key-but-secret", process.Output);
        Assert.False(Directory.Exists(deployment.DataDirectory));
    }

    [Theory]
    [InlineData("Api__RequestsPerMinute", "0", "Api__RequestsPerMinute")]
    [InlineData("Numbers__QueueCapacity", "many", "Numbers__QueueCapacity")]
    [InlineData("Numbers__ChatsAtHandd", "5", "Numbers__ChatsAtHandd")]
    [InlineData("Numbers__LongestGap", "00:00:00.1", "Numbers:LongestGap")]
    [InlineData("Cluster__ResponseTimeout", "00:00:06", "Cluster__ResponseTimeout")]
    [InlineData("Cluster__GatewayRefresh", "00:00:09", "Cluster:GatewayRefresh")]
    [InlineData("JWT_SECRET", "short", "JWT_SECRET")]
    [InlineData("TRUSTED_PROXIES", "my-proxy", "TRUSTED_PROXIES")]
    public async Task A_mistake_in_the_options_of_a_feature_is_one_sentence_too(string key, string value, string named)
    {
        await using var deployment = new LoopwaveDeployment { Settings = { [key] = value } };
        var process = deployment.Launch();

        Assert.Equal(2, await process.Exit());
        var line = Assert.Single(process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(named, line);
        Assert.DoesNotContain("DataAnnotation", line);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_sentence_and_exit_code_2()
    {
        await using var deployment = new LoopwaveDeployment();
        using var other = new TcpListener(IPAddress.Loopback, deployment.Port);
        other.Start();
        var process = deployment.Launch();

        await Refused(process, $"Port {deployment.Port} is taken");
        Assert.False(Directory.Exists(deployment.DataDirectory));
    }

    [Fact]
    public async Task The_first_start_names_the_admin_it_made_and_later_ones_say_that_the_settings_are_ignored()
    {
        await using var deployment = new LoopwaveDeployment();
        var first = await deployment.Start();
        await first.Stop();
        deployment.Settings["ADMIN_EMAIL"] = "somebody.else@example.com";
        var second = await deployment.Start();
        await second.Stop();
        deployment.Settings["ADMIN_EMAIL"] = null;
        deployment.Settings["ADMIN_PASSWORD"] = null;
        var third = await deployment.Start();
        await third.Stop();

        const string ignored = "ADMIN_EMAIL and ADMIN_PASSWORD are ignored: there is an admin already.";
        Assert.Contains($"Sign in as                 {LoopwaveDeployment.AdminEmail}, with ADMIN_PASSWORD", first.Output);
        Assert.DoesNotContain(ignored, first.Output);
        Assert.Contains(ignored, second.Output);
        Assert.DoesNotContain("somebody.else", second.Output);
        Assert.DoesNotContain("ADMIN_", third.Output);
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_is_refused_and_the_first_goes_on()
    {
        await using var deployment = new LoopwaveDeployment();
        var first = await deployment.Start();

        deployment.Settings["PORT"] = $"{LoopwaveDeployment.FreePort()}";
        var second = deployment.Launch();

        await Refused(second, deployment.DataDirectory);
        var health = await first.Http.GetAsync("/api/health", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Theory]
    [InlineData("DATA_DIR")]
    [InlineData("AUTH_DIR")]
    public async Task A_folder_that_cannot_be_made_is_one_sentence_and_exit_code_2(string key)
    {
        await using var deployment = new LoopwaveDeployment { Settings = { [key] = "/proc/nobody-can-write-here" } };
        var process = deployment.Launch();

        await Refused(process, $"{key} (/proc/nobody-can-write-here)");
    }

    [Fact]
    public async Task Data_of_a_newer_version_is_one_sentence_and_exit_code_2()
    {
        await using var deployment = new LoopwaveDeployment();
        await (await deployment.Start()).Stop();
        await using (var database = new SqliteConnection($"Data Source={deployment.DataDirectory}/loopwave.db;Pooling=False"))
        {
            await database.OpenAsync(TestContext.Current.CancellationToken);
            var command = database.CreateCommand();
            command.CommandText = "INSERT INTO SchemaVersions (ScriptName, Applied) VALUES ('9999-of-tomorrow.sql', '2099-01-01')";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await Refused(deployment.Launch(), "newer release");
    }

    [Fact]
    public async Task In_a_folder_that_was_open_to_everybody_only_the_owner_reads_what_is_made()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        const UnixFileMode everybody = (UnixFileMode)0b111_111_111;
        await using var deployment = new LoopwaveDeployment();
        Directory.CreateDirectory(deployment.DataDirectory);
        File.SetUnixFileMode(deployment.DataDirectory, everybody);
        var process = await deployment.Start();
        using var client = await process.ApiClient();
        (await client.PostAsJsonAsync("/api/v1/numbers", new { label = "Demo", engine = "sandbox" }, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        var upload = new MultipartFormDataContent { { new ByteArrayContent("a picture"u8.ToArray()), "file", "a.png" } };
        (await client.PostAsync("/api/v1/media", upload, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();

        var all = new DirectoryInfo(deployment.DataDirectory).GetFileSystemInfos("*", SearchOption.AllDirectories);

        string[] expected = ["lock", "loopwave.db", "loopwave.db-wal", "loopwave.db-shm", "sandbox.db", "sandbox.db-wal", "sandbox.db-shm", "logs", "media", "auth"];
        Assert.Empty(expected.Except(all.Select(entry => entry.Name)));
        Assert.Contains(all, entry => entry.FullName.Contains("/logs/loopwave-", StringComparison.Ordinal));
        Assert.Contains(all, entry => entry.Name.Length == 64);
        Assert.All(all, entry => Assert.Equal(entry is DirectoryInfo ? owner | UnixFileMode.UserExecute : owner, entry.UnixFileMode));
        Assert.Equal(everybody, File.GetUnixFileMode(deployment.DataDirectory));
    }

    [Fact]
    public async Task A_request_to_end_is_followed_within_10_seconds()
    {
        await using var deployment = new LoopwaveDeployment();
        var process = await deployment.Start();

        var asked = Stopwatch.GetTimestamp();
        Assert.Equal(0, await process.Stop());

        Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Contains("Loopwave has stopped.", process.Output);
    }

    [Fact]
    public async Task After_a_kill_the_same_data_starts_again_at_once()
    {
        await using var deployment = new LoopwaveDeployment();
        var first = await deployment.Start();
        await first.Kill();

        var second = await deployment.Start();

        var health = await second.Http.GetAsync("/api/health", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    private static async Task Refused(LoopwaveProcess process, string named)
    {
        Assert.Equal(2, await process.Exit());

        // One line of progress, one sentence, no stack trace.
        var lines = process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(2, lines.Length);
        var sentence = Assert.Single(lines, line => !line.StartsWith("Starting Loopwave", StringComparison.Ordinal));
        Assert.Contains(named, sentence, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith(".", sentence);
    }
}
