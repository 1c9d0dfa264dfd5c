using System.Net.Http.Headers;
using Loopwave.Api.Errors;
using Loopwave.Api.OpenApi;
using Loopwave.Testing.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Api.Tests.OpenApi;

/// <summary>
/// Whatever a route says it refuses with happens: for each of these codes there is a case here, over the real grains, and a
/// code that nothing answers any more has none. What every route can answer (keys, rates, bodies, outages) has tests of its own.
/// </summary>
public sealed class DocumentedErrorsTests
{
    private const string Link = """{"method":"qr"}""";
    private const string Start = """{"state":"started"}""";
    private const string Reaction = """{"emoji":"👍"}""";
    private const string Text = """{"text":"the"}""";
    private const string Inject = """{"from":"4915112345678","text":"Hi"}""";
    private const string Close = """{"code":428}""";
    private const string Traffic = """{"chats":1,"perSecond":1,"seconds":1}""";
    private const string Composing = """{"state":"composing"}""";
    private const string Writer = """{"from":"4915112345678","state":"composing"}""";
    private const string Nobody = "n0000000000";

    /// <summary>A body that each route takes.</summary>
    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["PATCH /numbers/{id}"] = """{"label":"Shop"}""",
        ["POST /numbers/{id}/link"] = Link,
        ["PUT /numbers/{id}/desired"] = Start,
        ["POST /numbers/{id}/history"] = "{}",
        ["PATCH /messages/{id}"] = Text,
        ["POST /messages/{id}/reactions"] = Reaction,
        ["POST /chats/{id}/typing"] = Composing,
        ["POST /numbers/{id}/sandbox/messages"] = Inject,
        ["POST /numbers/{id}/sandbox/typing"] = Writer,
        ["POST /numbers/{id}/sandbox/disconnect"] = Close,
        ["PUT /numbers/{id}/sandbox/faults"] = "{}",
        ["POST /numbers/{id}/sandbox/scan"] = "{}",
        ["PUT /numbers/{id}/sandbox/auto-link"] = """{"on":true}""",
        ["PUT /numbers/{id}/sandbox/traffic"] = Traffic,
        ["PUT /numbers/{id}/sandbox/history"] = """{"chats":1,"messages":1}""",
    };

    private static readonly Dictionary<string, Func<RealDeployment, Task<HttpResponseMessage>>> Cases = new()
    {
        ["POST /numbers number_not_allowed"] = world => world.Tests.PostJson("/api/v1/numbers", """{"label":"Real","engine":"whatsapp"}"""),
        ["POST /numbers idempotency_mismatch"] = async world =>
        {
            await Post(world, "/numbers", """{"label":"One","engine":"whatsapp"}""", key: "made-once");
            return await Post(world, "/numbers", """{"label":"Two","engine":"whatsapp"}""", key: "made-once");
        },
        ["POST /numbers idempotency_conflict"] = MakeTwiceAtOnce,
        ["POST /numbers/{id}/link already_linked"] = async world => await Post(world, $"/numbers/{await world.Ready()}/link", Link),
        ["GET /numbers/{id}/link not_linking"] = async world => await world.Client.GetAsync($"/api/v1/numbers/{await world.Ready()}/link"),
        ["PUT /numbers/{id}/desired number_removed"] = async world => await world.Client.PutAsync($"/api/v1/numbers/{await world.Unlinked()}/desired", Http.Json(Start)),
        ["POST /numbers/{id}/reconnect number_removed"] = async world => await Post(world, $"/numbers/{await world.Unlinked()}/reconnect"),
        ["POST /numbers/{id}/reconnect no_ready_session"] = async world => await Post(world, $"/numbers/{await world.NeverLinked()}/reconnect"),
        ["POST /numbers/{id}/reconnect conflict"] = async world => await Post(world, $"/numbers/{await world.Stopped()}/reconnect"),
        ["POST /numbers/{id}/history no_ready_session"] = async world => await Post(world, $"/numbers/{await world.Stopped()}/history", "{}"),
        ["POST /numbers/{id}/history not_found"] = async world => await Post(world, $"/numbers/{await world.Ready()}/history", """{"chatId":"c_0000000000"}"""),
        ["POST /numbers/{id}/history conflict"] = async world =>
        {
            var (number, _, _) = await world.Received();
            await Post(world, $"/numbers/{number}/history", "{}");
            return await Post(world, $"/numbers/{number}/history", "{}");
        },
        ["POST /messages number_not_allowed"] = async world => await world.Tests.PostJson("/api/v1/messages", Message(await world.Ready())),
        ["POST /messages unknown_number"] = world => Post(world, "/messages", Message(Nobody)),
        ["POST /messages not_found"] = world => Post(world, "/messages", """{"to":"c_0000000000","text":"Hi"}"""),
        ["POST /messages no_ready_session"] = async world => await Post(world, "/messages", Message(await world.Stopped())),
        ["POST /messages idempotency_mismatch"] = async world =>
        {
            var number = await world.Ready();
            await Post(world, "/messages", Message(number, "one"), key: "sent-once");
            return await Post(world, "/messages", Message(number, "two"), key: "sent-once");
        },
        ["POST /messages idempotency_conflict"] = async world =>
        {
            var number = await world.Ready();
            return await world.TwiceAtOnce("slowly", () => Post(world, "/messages", Message(number, "slowly"), key: "under-way"));
        },
        ["POST /messages media_unavailable"] = async world =>
        {
            var (number, _, file) = await world.Received();
            return await Post(world, "/messages", $$"""{"to":"919812345678","from":"{{number}}","media":{"id":"{{file}}"} }""");
        },
        ["POST /messages queue_full"] = async world => await Post(world, "/messages", Message((await world.FullQueue()).Number)),
        ["POST /messages disk_full"] = async world =>
        {
            var number = await world.Ready();
            return await world.WithoutRoom(
                () => Post(world, "/messages", $$"""{"to":"919812345678","from":"{{number}}","media":{"url":"{{world.File}}"} }"""));
        },
        ["GET /chats/{id}/messages invalid_cursor"] = async world =>
            await world.Client.GetAsync($"/api/v1/chats/{(await world.Received()).Chat}/messages?cursor=made-up"),
        ["POST /media payload_too_large"] = world => Upload(world, 2000),
        ["POST /media disk_full"] = world => world.WithoutRoom(() => Upload(world, 10)),
        ["GET /media/{id} media_unavailable"] = async world =>
        {
            var (number, _, file) = await world.Received();
            await world.Lose(number);
            return await world.Client.GetAsync($"/api/v1/media/{file}");
        },
        ["GET /media/{id} disk_full"] = async world =>
        {
            var (_, _, file) = await world.Received();
            return await world.WithoutRoom(() => world.Client.GetAsync($"/api/v1/media/{file}"));
        },
        ["POST /numbers/{id}/sandbox/messages no_ready_session"] = async world => await Post(world, $"/numbers/{await world.UnlinkedSandbox()}/sandbox/messages", Inject),
        ["POST /numbers/{id}/sandbox/messages queue_full"] = async world => await Post(world, $"/numbers/{await world.FullSandbox()}/sandbox/messages", Inject),
        ["POST /chats/{id}/typing no_ready_session"] = async world =>
        {
            var (number, chat, _) = await world.Received();
            await world.Lose(number);
            return await Post(world, $"/chats/{chat}/typing", Composing);
        },
        ["POST /chats/{id}/typing rate_limited"] = async world =>
        {
            var (_, chat, _) = await world.Received();
            for (var n = 0; n < 5; n++)
            {
                (await Post(world, $"/chats/{chat}/typing", Composing)).EnsureSuccessStatusCode();
            }

            return await Post(world, $"/chats/{chat}/typing", Composing);
        },
        ["POST /numbers/{id}/sandbox/typing no_ready_session"] = async world => await Post(world, $"/numbers/{await world.UnlinkedSandbox()}/sandbox/typing", Writer),
        ["POST /numbers/{id}/sandbox/disconnect no_ready_session"] = async world => await Post(world, $"/numbers/{await world.UnlinkedSandbox()}/sandbox/disconnect", Close),
        ["POST /numbers/{id}/sandbox/scan not_linking"] = async world => await Post(world, $"/numbers/{await world.ReadySandbox()}/sandbox/scan", "{}"),
        ["DELETE /numbers/{id}/sandbox/device no_ready_session"] = async world => await world.Client.DeleteAsync($"/api/v1/numbers/{await world.UnlinkedSandbox()}/sandbox/device"),
        ["PUT /numbers/{id}/sandbox/traffic no_ready_session"] = async world =>
            await world.Client.PutAsync($"/api/v1/numbers/{await world.UnlinkedSandbox()}/sandbox/traffic", Http.Json(Traffic)),
    };

    [Fact]
    public async Task Every_code_that_a_route_documents_is_answered_in_a_real_case()
    {
        await using var world = await RealDeployment.Start();
        var documented = await Documented();
        var cases = Cases.Select(one => (Name: one.Key, Ask: one.Value)).Concat(Generic(documented)).Concat(Changes()).ToList();
        Assert.Empty(documented.Keys.Except(cases.Select(one => one.Name)));
        Assert.Empty(cases.Select(one => one.Name).Except(documented.Keys));

        foreach (var (name, ask) in cases)
        {
            using var answer = await ask(world);
            var said = $"{name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
            Assert.True((int)answer.StatusCode == Refusals.Status(documented[name]), said);
            Assert.True(await answer.ErrorCode() == Refusals.Code(documented[name]), said);
        }
    }

    [Fact]
    public async Task What_can_never_be_done_to_a_message_of_an_unlinked_number_is_refused()
    {
        await using var world = await RealDeployment.Start();
        var message = await world.SentBeforeUnlinking();

        foreach (var change in Actions)
        {
            Assert.Equal("no_ready_session", await (await Ask(world, change, message)).ErrorCode());
        }
    }

    private static readonly string[] Actions = ["PATCH /messages/{id}", "DELETE /messages/{id}", "POST /messages/{id}/reactions"];

    // Edits, reactions and deletions are refused for the same reasons.
    private static IEnumerable<(string Name, Func<RealDeployment, Task<HttpResponseMessage>> Ask)> Changes() => Actions.SelectMany(
        action => new (string, Func<RealDeployment, Task<HttpResponseMessage>>)[]
        {
            ($"{action} conflict", async world => await Ask(world, action, await world.Cancelled())),
            ($"{action} no_ready_session", async world => await Ask(world, action, await world.SentBefore())),
            ($"{action} queue_full", async world => await Ask(world, action, (await world.FullQueue()).Message)),
        });

    // What is not there, and a cursor of nowhere, are the same everywhere.
    private static IEnumerable<(string Name, Func<RealDeployment, Task<HttpResponseMessage>> Ask)> Generic(Dictionary<string, RefusalCode> documented) =>
        documented.Where(one => one.Value is RefusalCode.UnknownNumber or RefusalCode.NotFound or RefusalCode.InvalidCursor)
            .Where(one => !Cases.ContainsKey(one.Key))
            .Select(one => (one.Key, (Func<RealDeployment, Task<HttpResponseMessage>>)(async world =>
            {
                var route = one.Key[..one.Key.LastIndexOf(' ')];
                return one.Value is RefusalCode.InvalidCursor
                    ? await Ask(world, route + "?cursor=made-up", route.Contains("sandbox", StringComparison.Ordinal) ? await world.ReadySandbox() : Nobody)
                    : await Ask(world, route, route.Contains("/numbers/", StringComparison.Ordinal) ? Nobody : "c_0000000000");
            })));

    /// <summary>Every code beyond those that all routes share, under the route and the code.</summary>
    private static async Task<Dictionary<string, RefusalCode>> Documented()
    {
        await using var host = await ApiHost.Start();
        return host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal))
            .SelectMany(route => route.Metadata.OfType<RouteRefusals>().SelectMany(refusals => refusals.Codes).Distinct().Select(code =>
            {
                var method = route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single();
                var path = route.RoutePattern.RawText!["/api/v1".Length..].TrimEnd('/');
                return (Name: $"{method} {path} {Refusals.Code(code)}", Code: code);
            }))
            .ToDictionary(one => one.Name, one => one.Code);
    }

    private static async Task<HttpResponseMessage> Ask(RealDeployment world, string route, string id)
    {
        var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1" + path.Replace("{id}", id, StringComparison.Ordinal))
        {
            Content = Bodies.TryGetValue(route, out var body) ? Http.Json(body) : null,
        };
        return await world.Client.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> Post(RealDeployment world, string path, string? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1" + path) { Content = body is null ? null : Http.Json(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await world.Client.SendAsync(request);
    }

    // Both look for a number of the key, find none, and make one: which of them is told depends on who is faster.
    private static async Task<HttpResponseMessage> MakeTwiceAtOnce(RealDeployment world)
    {
        var answers = new List<HttpResponseMessage>();
        for (var round = 0; round < 100; round++)
        {
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, 8).Select(
                _ => Post(world, "/numbers", """{"label":"Shop","engine":"whatsapp"}""", key: $"at-once-{round}"))));
            if (answers.Find(answer => !answer.IsSuccessStatusCode) is { } refused)
            {
                return refused;
            }
        }

        return answers[^1];
    }

    private static async Task<HttpResponseMessage> Upload(RealDeployment world, int bytes)
    {
        using var content = new ByteArrayContent(new byte[bytes]);
        content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        return await world.Client.PostAsync("/api/v1/media", content);
    }

    private static string Message(string from, string text = "Hi") => $$"""{"to":"919812345678","text":"{{text}}","from":"{{from}}"}""";
}
