using System.Net;
using System.Net.Sockets;
using System.Text;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests;

/// <summary>What only a real server can show, on a port of this machine.</summary>
public sealed class KestrelTests
{
    [Fact]
    public async Task A_body_that_grows_over_its_limit_without_announcing_it_is_refused()
    {
        await using var host = await ApiHost.Start(realServer: true);
        var chunk = Encoding.ASCII.GetBytes($"{64 * 1024:x}\r\n{new string('x', 64 * 1024)}\r\n");

        var answer = await Ask(host, "POST /api/v1/messages HTTP/1.1", "Content-Type: application/json\r\nTransfer-Encoding: chunked", async stream =>
        {
            await stream.WriteAsync("""
                17
                {"to":"91","text":"aaaa
                """.ReplaceLineEndings("\r\n").Select(c => (byte)c).ToArray());
            await stream.WriteAsync("\r\n"u8.ToArray());
            for (var i = 0; i < 17; i++)
            {
                await stream.WriteAsync(chunk);
            }
        });

        Assert.StartsWith("HTTP/1.1 413", answer);
        Assert.Contains("\"error\":\"payload_too_large\"", answer);
        Assert.Empty(host.Deployment.Asked);
    }

    [Fact]
    public async Task The_server_does_not_say_what_it_is_and_a_plain_request_works()
    {
        await using var host = await ApiHost.Start(realServer: true);

        var answer = await Ask(host, "GET /api/v1/health HTTP/1.1", "");

        Assert.StartsWith("HTTP/1.1 200", answer);
        Assert.Contains("X-RateLimit-Remaining: 999", answer);
        Assert.DoesNotContain("Server:", answer);
    }

    [Fact]
    public async Task Headers_over_their_limit_are_refused()
    {
        await using var host = await ApiHost.Start(realServer: true);

        var answer = await Ask(host, "GET /api/v1/health HTTP/1.1", "X-Big: " + new string('x', 40_000));

        Assert.StartsWith("HTTP/1.1 431", answer);
    }

    [Theory]
    [InlineData("%01")]
    [InlineData("%0A")]
    [InlineData("%20")]
    [InlineData("%FF")]
    [InlineData("%ED%A0%80")]
    [InlineData("%2F..%2F")]
    [InlineData("%F0%9F%98%80")]
    [InlineData("%zz")]
    public async Task An_id_of_any_characters_is_one_that_is_not_there(string id)
    {
        await using var host = await ApiHost.Start(realServer: true);
        host.Deployment.Refusal = new Refusal(RefusalCode.NotFound, "There is no such message.");

        var answer = await Ask(host, $"GET /api/v1/messages/{id} HTTP/1.1", "");

        Assert.StartsWith("HTTP/1.1 404", answer);
        Assert.Contains("\"error\":\"not_found\"", answer);
    }

    [Fact]
    public async Task A_path_with_a_null_character_reaches_nothing_of_ours()
    {
        await using var host = await ApiHost.Start(realServer: true);

        var answer = await Ask(host, "GET /api/v1/messages/%00 HTTP/1.1", "");

        Assert.StartsWith("HTTP/1.1 400", answer);
        Assert.Empty(host.Deployment.Asked);
    }

    private static async Task<string> Ask(ApiHost host, string line, string headers, Func<Stream, Task>? body = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, host.Port);
        var stream = client.GetStream();
        var head = $"{line}\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {host.Deployment.AddKey()}\r\n{headers}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.TrimEnd() + "\r\n\r\n"));
        var sending = body?.Invoke(stream) ?? Task.CompletedTask;
        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer).WaitAsync(TimeSpan.FromSeconds(20));
            await sending;
        }
        catch (IOException)
        {
            // The server answered and closed while the rest was still being sent, as it should.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
