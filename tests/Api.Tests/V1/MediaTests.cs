using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Loopwave.Media;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests.V1;

public sealed class MediaTests
{
    private const string Route = "/api/v1/media";
    private static readonly byte[] Png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    [Fact]
    public async Task A_file_is_uploaded_as_a_form()
    {
        await using var host = await ApiHost.Start();
        var file = new ByteArrayContent(Png);
        file.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using var form = new MultipartFormDataContent { { new StringContent("ignored"), "comment" }, { file, "file", "a photo.png" } };

        var response = await host.ClientWith().PostAsync(Route, form);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var view = await response.Body();
        Assert.Equal(view.GetProperty("url").GetString(), response.Header("Location"));
        var asked = host.Deployment.LastAsked<UploadedFile>();
        Assert.Equal((Png.Length, "image/png", "a photo.png"), (asked.Size, asked.MimeType, asked.FileName));
        Assert.Equal(Png, host.Files.Files[asked.Hash]);
    }

    [Fact]
    public async Task A_file_is_uploaded_as_the_body()
    {
        await using var host = await ApiHost.Start();

        await host.ClientWith().PostAsync($"{Route}?fileName=..%2F..%2Fetc%2Fr%C3%A9port%0D%0A.pdf", File("application/pdf", [1, 2, 3]));

        var asked = host.Deployment.LastAsked<UploadedFile>();
        Assert.Equal((3, "application/pdf", "réport.pdf"), (asked.Size, asked.MimeType, asked.FileName));
    }

    [Fact]
    public async Task A_file_has_a_limit_of_its_own()
    {
        await using var host = await ApiHost.Start(new() { ["Api:MaxMediaBytes"] = "2000000" });
        var client = host.ClientWith();

        var above = await client.PostAsync(Route, File("video/mp4", new byte[2_000_001]));
        var announced = await client.PostAsync(Route, File("video/mp4", new byte[3_000_000]));
        var within = await client.PostAsync(Route, File("video/mp4", new byte[2_000_000]));

        Assert.Equal((HttpStatusCode)413, above.StatusCode);
        Assert.Equal("payload_too_large", await above.ErrorCode());
        Assert.Equal("payload_too_large", await announced.ErrorCode());
        Assert.Equal(HttpStatusCode.Created, within.StatusCode);
    }

    [Fact]
    public async Task A_full_disk_is_said_so()
    {
        await using var host = await ApiHost.Start();
        host.Files.IsFull = true;

        var response = await host.ClientWith().PostAsync(Route, File("image/png", Png));

        Assert.Equal(HttpStatusCode.InsufficientStorage, response.StatusCode);
        Assert.Equal("disk_full", await response.ErrorCode());
    }

    [Theory]
    [InlineData("multipart/form-data", "x")]
    [InlineData("multipart/form-data; boundary=b", "no form at all")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n")]
    [InlineData("image/png", "")]
    [InlineData("", "x")]
    public async Task An_upload_without_a_readable_file_is_refused(string type, string body)
    {
        await using var host = await ApiHost.Start();
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        var response = await host.ClientWith().PostAsync(Route, content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_input", await response.ErrorCode());
        Assert.Empty(host.Deployment.Asked);
    }

    [Fact]
    public async Task A_picture_is_shown_and_fenced_in()
    {
        await using var host = await ApiHost.Start();
        Keep(host, "f_1", "image/png", Png, "héllo.png");

        var response = await host.ClientWith().GetAsync($"{Route}/f_1");

        Assert.Equal(Png, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("image/png", response.Header("Content-Type"));
        Assert.StartsWith("inline;", response.Header("Content-Disposition"));
        Assert.Contains("filename*=UTF-8''h%C3%A9llo.png", response.Header("Content-Disposition"));
        Assert.Equal("nosniff", response.Header("X-Content-Type-Options"));
        Assert.Equal("sandbox; default-src 'none'", response.Header("Content-Security-Policy"));
        Assert.Equal("max-age=3600, private", response.Header("Cache-Control"));
    }

    [Theory]
    [InlineData("text/html", "<script>alert(1)</script>", "application/octet-stream")]
    [InlineData("image/png", "<script>alert(1)</script>", "application/octet-stream")]
    [InlineData("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>", "application/octet-stream")]
    [InlineData("application/pdf", "%PDF-1.7", "application/pdf")]
    public async Task Anything_else_is_only_to_be_saved(string type, string content, string served)
    {
        await using var host = await ApiHost.Start();
        Keep(host, "f_1", type, Encoding.UTF8.GetBytes(content), "a\"b\r\n.html");

        var response = await host.ClientWith().GetAsync($"{Route}/f_1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("attachment;", response.Header("Content-Disposition"));
        Assert.Equal(served, response.Header("Content-Type"));
    }

    [Fact]
    public async Task A_range_of_a_file_is_served()
    {
        await using var host = await ApiHost.Start();
        Keep(host, "f_1", "image/png", Png);
        var client = host.ClientWith();

        var part = await client.SendAsync(Range(4, 7));
        var beyond = await client.SendAsync(Range(1000, 1001));

        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(Png[4..8], await part.Content.ReadAsByteArrayAsync());
        Assert.Equal($"bytes 4-7/{Png.Length}", part.Header("Content-Range"));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
    }

    [Fact]
    public async Task A_file_that_is_known_but_gone_is_said_so()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Files["f_1"] = new StoredFile(Samples.Media("f_1"), "nowhere");

        Assert.Equal("media_unavailable", await (await host.ClientWith().GetAsync($"{Route}/f_1")).ErrorCode());
        Assert.Equal("not_found", await (await host.ClientWith().GetAsync($"{Route}/f_2")).ErrorCode());
    }

    private static void Keep(ApiHost host, string id, string type, byte[] bytes, string? fileName = null) =>
        host.Deployment.Files[id] = new StoredFile(Samples.Media(id, type, fileName), host.Files.Keep(bytes).Hash);

    private static ByteArrayContent File(string type, byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    private static HttpRequestMessage Range(long from, long to)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"{Route}/f_1");
        request.Headers.Range = new RangeHeaderValue(from, to);
        return request;
    }
}
