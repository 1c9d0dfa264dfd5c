using System.Net;
using Loopwave.Chats;
using Loopwave.Messages;
using Loopwave.Sandbox;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests.V1;

public sealed class SandboxTests
{
    [Fact]
    public async Task A_customer_writes_whatever_the_test_wants()
    {
        await using var host = await ApiHost.Start();
        var number = host.Deployment.AddNumber();

        var response = await host.ClientWith().PostJson($"/api/v1/numbers/{number.Id}/sandbox/messages",
            """{"from":"919812345678","type":"poll","poll":{"question":"When?","options":["Now","Later"]},"address":"hidden_then_known"}""");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("3EB0", (await response.Body()).GetProperty("whatsAppId").GetString());
        var message = (SandboxMessage)host.Deployment.LastAsked<AskedNumber>().What;
        Assert.Equal(("919812345678", MessageType.Poll, SandboxAddress.HiddenThenKnown, true),
            (message.From, message.Type, message.Address, message.ReplyToFromMe));
        Assert.Equal(["Now", "Later"], message.Poll!.Options);
    }

    [Theory]
    [InlineData("POST", "typing", """{"from":"919812345678","state":"composing"}""")]
    [InlineData("POST", "disconnect", """{"code":440}""")]
    [InlineData("PUT", "faults", """{"deaf":true,"refuseOpens":503}""")]
    [InlineData("POST", "scan", "{}")]
    [InlineData("PUT", "auto-link", """{"on":null}""")]
    [InlineData("DELETE", "device", null)]
    [InlineData("PUT", "traffic", """{"chats":20,"perSecond":5,"seconds":60}""")]
    [InlineData("PUT", "history", """{"chats":10,"messages":100}""")]
    [InlineData("GET", "sent?chat=919812345678%40s.whatsapp.net&limit=2", null)]
    [InlineData("GET", "inbound", null)]
    [InlineData("GET", "connections", null)]
    public async Task What_is_asked_of_the_network_reaches_it(string method, string route, string? body)
    {
        await using var host = await ApiHost.Start();
        var number = host.Deployment.AddNumber();

        var response = await host.ClientWith().SendAsync(new HttpRequestMessage(new HttpMethod(method), $"/api/v1/numbers/{number.Id}/sandbox/{route}")
        {
            Content = body is null ? null : Http.Json(body),
        });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        object expected = route.Split('?')[0] switch
        {
            "typing" => new SandboxWriter("919812345678", null, PresenceState.Composing),
            "disconnect" => (440, (DateTimeOffset?)null),
            "faults" => new SandboxFaults { Deaf = true, RefuseOpens = 503 },
            "scan" => new SandboxScan(),
            "auto-link" => ("auto-link", (bool?)null),
            "device" => "unlink",
            "traffic" => new SandboxTraffic(20, 5, 60),
            "history" => new SandboxHistory(10, 100),
            "sent" => (Samples.Jid, new PageRequest(2)),
            _ => new PageRequest(),
        };
        Assert.Equal(new AskedNumber(number.Id, expected), host.Deployment.LastAsked<AskedNumber>());
    }

    [Fact]
    public async Task A_key_borrows_no_phone_of_a_number_out_of_its_sight()
    {
        await using var host = await ApiHost.Start();
        var mine = host.Deployment.AddNumber();
        var other = host.Deployment.AddNumber();
        var client = host.ClientWithKey(host.Deployment.AddKey(numbers: [mine.Id]));

        var response = await client.PostJson($"/api/v1/numbers/{mine.Id}/sandbox/scan", $$"""{"phoneOf":"{{other.Id}}"}""");

        Assert.Equal("unknown_number", await response.ErrorCode());
        Assert.DoesNotContain(host.Deployment.Asked.OfType<AskedNumber>(), asked => asked.What is SandboxScan);
    }
}
