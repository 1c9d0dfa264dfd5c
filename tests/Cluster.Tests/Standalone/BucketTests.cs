using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Loopwave.Processes;
using Loopwave.Telemetry;
using Loopwave.Testing.Storage;
using Xunit;

namespace Loopwave.Standalone;

/// <summary>A real process with its media in a bucket.</summary>
public class BucketTests
{
    private static readonly byte[] s_picture = [0x89, 0x50, 0x4E, 0x47, .. RandomNumberGenerator.GetBytes(2_000_000)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bucket_that_denies_access_is_said_and_waited_for_and_then_holds_what_is_uploaded_sent_and_read()
    {
        await using var bucket = await FakeS3.Start();
        bucket.Trouble = _ => new S3Trouble.Refuse(HttpStatusCode.Forbidden, "AccessDenied");
        await using var deployment = Deployment(bucket);
        var process = await deployment.Start();
        using var client = await process.ApiClient();

        var ready = await client.GetAsync("/api/health/ready", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("Not ready: media.", (await ready.Content.ReadFromJsonAsync<JsonObject>(Token))!["message"]!.GetValue<string>());
        var refused = await Upload(client);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (refused.StatusCode, refused.Headers.RetryAfter is not null));
        Assert.Equal("storage_unavailable", (await refused.Content.ReadFromJsonAsync<JsonObject>(Token))!["error"]!.GetValue<string>());

        bucket.Trouble = _ => null;
        await SandboxSend.Eventually(async () => (await client.GetAsync("/api/health/ready", Token)).StatusCode is HttpStatusCode.OK);
        var media = (await (await Upload(client)).EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>(Token))!["id"]!.GetValue<string>();
        await ReadsInParts(client, media);
        await SendsWhenTheBucketIsBack(client, bucket, media);

        Assert.Equal(0, await process.Stop());
        Assert.Single(bucket.Keys);
        Assert.DoesNotContain(Files(deployment, "media"), path => new FileInfo(path).Length > 0 && !path.Contains("outgoing", StringComparison.Ordinal));
        var logs = process.Output + string.Concat(Files(deployment, "logs").Select(File.ReadAllText));
        Assert.Contains("denies us access (AccessDenied)", logs, StringComparison.Ordinal);
        Assert.DoesNotContain(FakeS3.AccessKey, logs, StringComparison.Ordinal);
        Assert.DoesNotContain(FakeS3.SecretKey, logs, StringComparison.Ordinal);
    }

    private static async Task ReadsInParts(HttpClient client, string media)
    {
        using var whole = await client.GetAsync($"/api/v1/media/{media}", Token);
        Assert.Equal(s_picture, await whole.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(s_picture))}\"", whole.Headers.ETag!.Tag);

        using var asked = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/media/{media}") { Headers = { Range = new RangeHeaderValue(1_500_000, 1_500_999) } };
        using var part = await client.SendAsync(asked, Token);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(s_picture[1_500_000..1_501_000], await part.Content.ReadAsByteArrayAsync(Token));

        using var again = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/media/{media}") { Headers = { IfNoneMatch = { whole.Headers.ETag } } };
        using var unchanged = await client.SendAsync(again, Token);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    private static async Task SendsWhenTheBucketIsBack(HttpClient client, FakeS3 bucket, string media)
    {
        var number = await SandboxSend.ReadyNumber(client);
        var tries = 0;
        bucket.Trouble = request =>
        {
            Interlocked.Increment(ref tries);
            return new S3Trouble.Refuse(HttpStatusCode.Forbidden, "AccessDenied");
        };
        using var sent = await client.PostAsJsonAsync("/api/v1/messages", new { from = number, to = SandboxSend.Phone, media = new { id = media } }, Token);
        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
        var message = (await sent.Content.ReadFromJsonAsync<JsonObject>(Token))!["id"]!.GetValue<string>();
        await SandboxSend.Eventually(() => Task.FromResult(Volatile.Read(ref tries) > 1));
        Assert.Equal("queued", await SandboxSend.StatusOf(client, $"/api/v1/messages/{message}"));

        bucket.Trouble = _ => null;
        await SandboxSend.Eventually(async () => await SandboxSend.StatusOf(client, $"/api/v1/messages/{message}") is "sent" or "delivered" or "read");
    }

    private static LoopwaveDeployment Deployment(FakeS3 bucket) => new()
    {
        Settings =
        {
            ["MEDIA_S3_BUCKET"] = FakeS3.Bucket,
            ["MEDIA_S3_ENDPOINT"] = bucket.Address,
            ["MEDIA_S3_REGION"] = FakeS3.Region,
            ["MEDIA_S3_PREFIX"] = "media",

            // Where the SDK looks when there are no settings of ours.
            ["AWS_ACCESS_KEY_ID"] = FakeS3.AccessKey,
            ["AWS_SECRET_ACCESS_KEY"] = FakeS3.SecretKey,
            [SandboxSend.LinksAtOnce.Key] = SandboxSend.LinksAtOnce.Value,
        },
    };

    private static async Task<HttpResponseMessage> Upload(HttpClient client)
    {
        using var content = new ByteArrayContent(s_picture) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
        return await client.PostAsync("/api/v1/media?fileName=a.png", content, Token);
    }

    private static string[] Files(LoopwaveDeployment deployment, string folder) =>
        Directory.GetFiles(Path.Combine(deployment.DataDirectory, folder), "*", SearchOption.AllDirectories);
}
