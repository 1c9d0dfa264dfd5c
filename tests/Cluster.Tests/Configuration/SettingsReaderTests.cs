using System.Net;
using Microsoft.Extensions.Configuration;
using Serilog.Events;
using Xunit;

namespace Loopwave.Configuration;

public class SettingsReaderTests
{
    [Fact]
    public void Nothing_set_gives_one_machine_with_its_data_in_one_folder()
    {
        var settings = Read([], out var mistakes);

        Assert.Empty(mistakes);
        Assert.Equal(4000, settings.Port);
        Assert.Equal("http://localhost:4000", settings.Address);
        Assert.Null(settings.BindAddress);
        Assert.Equal(Path.GetFullPath("data"), settings.DataDirectory);
        Assert.Equal(Path.GetFullPath("data/auth"), settings.AuthDirectory);
        Assert.Equal(Path.GetFullPath("data/media"), settings.MediaDirectory);
        Assert.Null(settings.MediaBucket);
        Assert.Null(settings.CredentialsKey);
        Assert.Null(settings.OutboundAllow);
        Assert.Null(settings.MetricsAllow);
        Assert.True(settings.HasMetrics);
        Assert.Null(settings.Traces);
        Assert.False(settings.OrleansDashboard);
        Assert.Null(settings.WhatsAppVersion);
        Assert.Null(settings.WhatsAppSocket);
        Assert.Null(settings.EngineHosts);
        Assert.Null(settings.LogLevel);
    }

    [Fact]
    public void What_is_set_is_taken_and_spaces_around_it_are_not()
    {
        var key = new byte[32];
        key[31] = 7;
        var settings = Read(
            new()
            {
                ["PORT"] = " 8080 ",
                ["BIND_ADDRESS"] = "*",
                ["WEB_ORIGIN"] = "https://inbox.example.com/",
                ["DATA_DIR"] = "/srv/loopwave",
                ["AUTH_DIR"] = "/srv/secret",
                ["CREDENTIALS_KEY"] = Convert.ToHexString(key),
                ["OUTBOUND_ALLOW"] = "10.0.0.0/8, 192.0.2.7",
                ["METRICS_ALLOW"] = "192.0.2.0/24",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector:4317",
                ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
                ["OTEL_TRACES_SAMPLER_ARG"] = "0.01",
                ["ORLEANS_DASHBOARD"] = "true",
                ["WA_VERSION"] = "2.3000.1043857760",
                ["WA_SOCKET_URL"] = "ws://127.0.0.1:8090/ws/chat",
                ["ENGINE_HOSTS"] = "3",
                ["LOG_LEVEL"] = "Debug",
            },
            out var mistakes);

        Assert.Empty(mistakes);
        Assert.Equal(8080, settings.Port);
        Assert.Equal(IPAddress.IPv6Any, settings.BindAddress);
        Assert.Equal("https://inbox.example.com", settings.Address);
        Assert.Equal("/srv/secret", settings.AuthDirectory);
        Assert.Equal("/srv/loopwave/media", settings.MediaDirectory);
        Assert.Equal("/srv/loopwave/logs", settings.LogDirectory);
        Assert.Equal(key, settings.CredentialsKey);
        Assert.Equal(["10.0.0.0/8", "192.0.2.7/32"], settings.OutboundAllow!.Select(network => network.ToString()));
        Assert.Equal(["192.0.2.0/24"], settings.MetricsAllow!.Select(network => network.ToString()));
        Assert.Equal(new TraceSettings(TraceSampling.AsCalledOrSome, 0.01), settings.Traces);
        Assert.True(settings.OrleansDashboard);
        Assert.Equal([2, 3000, 1043857760], settings.WhatsAppVersion!);
        Assert.Equal(new Uri("ws://127.0.0.1:8090/ws/chat"), settings.WhatsAppSocket);
        Assert.Equal(3, settings.EngineHosts);
        Assert.Equal(LogEventLevel.Debug, settings.LogLevel);
    }

    [Fact]
    public void An_empty_value_counts_as_absent()
    {
        Read(new() { ["PORT"] = "", ["MONGODB_URI"] = " ", ["CREDENTIALS_KEY"] = "" }, out var mistakes);

        Assert.Empty(mistakes);
    }

    [Theory]
    [InlineData("PORT", "0")]
    [InlineData("PORT", "65536")]
    [InlineData("PORT", "4000x")]
    [InlineData("BIND_ADDRESS", "0.0.0.0.0")]
    [InlineData("MONGODB_URI", "mongodb://db")]
    [InlineData("POSTGRES_URI", "postgres://db")]
    [InlineData("CREDENTIALS_KEY", "c2hvcnQ=")]
    [InlineData("CREDENTIALS_KEY", "zz00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("OUTBOUND_ALLOW", "10.0.0.0/8,intranet")]
    [InlineData("METRICS_ALLOW", "10.0.0.0/8,prometheus")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    [InlineData("ORLEANS_DASHBOARD", "yes")]
    [InlineData("WA_VERSION", "2.3000")]
    [InlineData("WA_VERSION", "2.3000.x")]
    [InlineData("WA_VERSION", "2.3000.1.4")]
    [InlineData("WA_VERSION", "2.3000.99999999999")]
    [InlineData("WA_VERSION", "2.-3000.1")]
    [InlineData("WA_SOCKET_URL", "https://web.whatsapp.com/ws/chat")]
    [InlineData("WA_SOCKET_URL", "/ws/chat")]
    [InlineData("ENGINE_HOSTS", "0")]
    [InlineData("ENGINE_HOSTS", "65")]
    [InlineData("ENGINE_HOSTS", "many")]
    [InlineData("LOG_LEVEL", "loud")]
    public void A_value_that_cannot_be_used_is_one_sentence_that_begins_with_its_key(string key, string value)
    {
        Read(new() { [key] = value }, out var mistakes);

        var mistake = Assert.Single(mistakes);
        Assert.StartsWith(key, mistake);
        Assert.EndsWith(".", mistake);
    }

    [Theory]
    [InlineData("OTEL_TRACES_SAMPLER", "sometimes")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "half")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "1.5")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "-Infinity")]
    public void Which_requests_are_followed_is_checked_where_there_is_a_collector(string key, string value)
    {
        Read(new() { [key] = value }, out var none);
        Read(new() { [key] = value, ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector:4317" }, out var mistakes);

        Assert.Empty(none);
        Assert.StartsWith($"{key} ", Assert.Single(mistakes));
    }

    [Theory]
    [InlineData("DATA_DIR", "")]
    [InlineData("AUTH_DIR", "")]
    [InlineData("MEDIA_DIR", "/below/it")]
    public void A_file_where_a_folder_belongs_is_said_once(string key, string below)
    {
        var file = Path.GetTempFileName();
        try
        {
            Read(new() { [key] = file + below }, out var mistakes);

            Assert.Equal($"{key} must be a folder, but {file} is a file.", Assert.Single(mistakes));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_bucket_of_another_service_needs_its_endpoint_and_one_of_Amazon_its_region()
    {
        var other = Read(
            new()
            {
                ["MEDIA_S3_BUCKET"] = "files", ["MEDIA_S3_ENDPOINT"] = "http://minio:9000", ["MEDIA_S3_PREFIX"] = "/loopwave/media/",
                ["MEDIA_S3_ACCESS_KEY"] = "key", ["MEDIA_S3_SECRET_KEY"] = "secret",
            },
            out var mistakes).MediaBucket!;
        Assert.Empty(mistakes);
        Assert.Equal(
            ("files", "http://minio:9000/", "us-east-1", "loopwave/media/", "key", "secret", true),
            (other.Bucket, other.Endpoint!.ToString(), other.Region, other.Prefix, other.AccessKey, other.SecretKey, other.PathStyle));

        var amazon = Read(new() { ["MEDIA_S3_BUCKET"] = "files", ["MEDIA_S3_REGION"] = "eu-central-1" }, out mistakes).MediaBucket!;
        Assert.Empty(mistakes);
        Assert.Equal((null, "eu-central-1", "", null, null, false), (amazon.Endpoint, amazon.Region, amazon.Prefix, amazon.AccessKey, amazon.SecretKey, amazon.PathStyle));
    }

    [Theory]
    [InlineData("MEDIA_S3_BUCKET", "a/b")]
    [InlineData("MEDIA_S3_BUCKET", "ab")]
    [InlineData("MEDIA_S3_ENDPOINT", "minio:9000")]
    [InlineData("MEDIA_S3_ENDPOINT", "http://minio:9000/files")]
    [InlineData("MEDIA_S3_ENDPOINT", "http://me:secret@minio:9000")]
    [InlineData("MEDIA_S3_REGION", "")]
    [InlineData("MEDIA_S3_REGION", "eu central")]
    [InlineData("MEDIA_S3_PREFIX", "a//b")]
    [InlineData("MEDIA_S3_PREFIX", "../b")]
    [InlineData("MEDIA_S3_PREFIX", "a b")]
    [InlineData("MEDIA_S3_PATH_STYLE", "yes")]
    [InlineData("MEDIA_S3_ACCESS_KEY", "key alone")]
    [InlineData("MEDIA_S3_SECRET_KEY", "secret alone")]
    public void Each_mistake_about_a_bucket_is_one_sentence_without_a_secret(string key, string value)
    {
        Read(new() { ["MEDIA_S3_BUCKET"] = "files", ["MEDIA_S3_REGION"] = "eu-central-1", [key] = value }, out var mistakes);

        var mistake = Assert.Single(mistakes);
        Assert.Contains(key, mistake, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", mistake, StringComparison.Ordinal);
        Assert.DoesNotContain("alone", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void What_belongs_to_a_bucket_is_refused_without_one()
    {
        Read(new() { ["MEDIA_S3_ENDPOINT"] = "http://minio:9000", ["MEDIA_S3_SECRET_KEY"] = "secret" }, out var mistakes);

        Assert.Equal(["MEDIA_S3_ENDPOINT", "MEDIA_S3_SECRET_KEY"], mistakes.Select(mistake => mistake.Split(' ')[0]));
        Assert.All(mistakes, mistake => Assert.DoesNotContain("secret", mistake, StringComparison.Ordinal));
    }

    [Fact]
    public void A_mistake_never_repeats_a_secret()
    {
        Read(new() { ["CREDENTIALS_KEY"] = "my secret", ["MONGODB_URI"] = "mongodb://me:secret@db" }, out var mistakes);

        Assert.DoesNotContain(mistakes, mistake => mistake.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void A_silo_needs_the_database_and_the_secrets_that_all_silos_share()
    {
        Read([], ProcessRole.Silo, out var mistakes);

        Assert.Equal(["CREDENTIALS_KEY", "JWT_SECRET", "POSTGRES_URI"], mistakes.Select(mistake => mistake.Split(' ')[0]).Order());
    }

    [Fact]
    public void An_api_process_needs_the_database_only()
    {
        Read([], ProcessRole.Api, out var mistakes);

        Assert.StartsWith("POSTGRES_URI", Assert.Single(mistakes));
    }

    [Fact]
    public void What_a_process_of_a_cluster_is_told_is_taken()
    {
        var settings = Read(
            Cluster(new()
            {
                ["POSTGRES_URI"] = "postgresql://me:p%40ss@db.example.com:6432/loop?sslmode=require",
                ["CLUSTER_ID"] = "eu-1",
                ["SILO_ADDRESS"] = "10.0.0.7",
                ["SILO_PORT"] = "12000",
                ["GATEWAY_PORT"] = "12001",
                ["DRAIN_SECONDS"] = "90",
            }),
            ProcessRole.Silo, out var mistakes);

        Assert.Empty(mistakes);
        var postgres = new Npgsql.NpgsqlConnectionStringBuilder(settings.Cluster!.Postgres);
        Assert.Equal(
            ("db.example.com", 6432, "loop", "me", "p@ss", Npgsql.SslMode.Require),
            (postgres.Host, postgres.Port, postgres.Database, postgres.Username, postgres.Password, postgres.SslMode));
        Assert.Equal(("eu-1", IPAddress.Parse("10.0.0.7"), 12000, 12001), (settings.Cluster.Id, settings.Cluster.SiloAddress, settings.Cluster.SiloPort, settings.Cluster.GatewayPort));
        Assert.Equal((4001, "silo-4001"), (settings.Port, settings.ProcessName));
        Assert.Equal(TimeSpan.FromSeconds(90), settings.Cluster.DrainFor);
    }

    [Fact]
    public void The_drivers_own_form_of_an_address_is_taken_too()
    {
        var settings = Read(Cluster(new() { ["POSTGRES_URI"] = "Host=db;Username=me;Password=secret;Database=loop" }), ProcessRole.Silo, out var mistakes);

        Assert.Empty(mistakes);
        Assert.Equal("db", new Npgsql.NpgsqlConnectionStringBuilder(settings.Cluster!.Postgres).Host);
    }

    [Fact]
    public void A_database_in_MongoDB_is_taken_by_whoever_keeps_data()
    {
        const string Uri = "mongodb://me:p%40ss@db1.example.com,db2.example.com/loop?replicaSet=rs0&tls=true";

        Assert.Equal(Uri, Read(new() { ["MONGODB_URI"] = Uri }, out var mistakes).Mongo);
        Assert.Empty(mistakes);
        Assert.Equal(Uri, Read(Cluster(new() { ["MONGODB_URI"] = Uri }), ProcessRole.Silo, out mistakes).Mongo);
        Assert.Empty(mistakes);
    }

    [Theory]
    [InlineData("POSTGRES_URI", "mysql://me:secret@db/loop")]
    [InlineData("POSTGRES_URI", "postgresql://")]
    [InlineData("POSTGRES_URI", "secret")]
    [InlineData("POSTGRES_URI", "postgresql://me:secret@db/loop?sslmode=sometimes")]
    [InlineData("CLUSTER_ID", "two words")]
    [InlineData("SILO_ADDRESS", "silo-1")]
    [InlineData("SILO_ADDRESS", "0.0.0.0")]
    [InlineData("SILO_PORT", "0")]
    [InlineData("SILO_PORT", "4001")]
    [InlineData("GATEWAY_PORT", "seventy")]
    [InlineData("GATEWAY_PORT", "4001")]
    [InlineData("GATEWAY_PORT", "11111")]
    [InlineData("DRAIN_SECONDS", "-1")]
    [InlineData("DRAIN_SECONDS", "3601")]
    [InlineData("DRAIN_SECONDS", "00:00:30")]
    [InlineData("AUTH_DIR", "auth")]
    [InlineData("MONGODB_URI", "mongodb://me:secret@db")]
    public void A_value_of_a_cluster_that_cannot_be_used_is_one_sentence_without_a_secret(string key, string value)
    {
        Read(Cluster(new() { [key] = value }), ProcessRole.Silo, out var mistakes);

        var mistake = Assert.Single(mistakes);
        Assert.StartsWith(key, mistake);
        Assert.EndsWith(".", mistake);
        Assert.DoesNotContain("secret", mistake);
    }

    private static Dictionary<string, string?> Cluster(Dictionary<string, string?> values)
    {
        values.TryAdd("POSTGRES_URI", "postgresql://db/loop");
        values.TryAdd("CREDENTIALS_KEY", Convert.ToBase64String(new byte[32]));
        values.TryAdd("JWT_SECRET", new string('s', 32));
        return values;
    }

    private static LoopwaveSettings Read(Dictionary<string, string?> values, out IReadOnlyList<string> mistakes) =>
        Read(values, ProcessRole.Standalone, out mistakes);

    private static LoopwaveSettings Read(Dictionary<string, string?> values, ProcessRole role, out IReadOnlyList<string> mistakes) =>
        SettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), role, out mistakes);
}
