using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Loopwave.Chaos.Load;

/// <summary>How something is asked for.</summary>
internal sealed record Request
{
    public string? Key { get; init; }

    /// <summary>The number that it is about; null when it does not matter how long it takes.</summary>
    public string? Number { get; init; }

    /// <summary>Somebody asks for the same, or has hung up on it.</summary>
    public bool IsUnderWay { get; init; }

    /// <summary>Asks the same node again, as over a connection that was kept, for as long as that one answers.</summary>
    public bool Stays { get; init; }
}

/// <summary>
/// Calls the API as its documentation tells integrators to: any node, and after a 503 or no answer again with the same key.
/// </summary>
/// <param name="stop">Nobody asks any more, for anything.</param>
internal sealed class ApiCaller(ApiNodes nodes, Answers answers, TimeProvider clock, CancellationToken stop)
{
    /// <summary>Longer than anything may be away.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan OtherNode = TimeSpan.FromMilliseconds(20);

    /// <summary>Callers see nothing but 503: not even that their own request, which they repeat, is still under way.</summary>
    public bool OnlyUnavailable { get; init; }

    public Task<JsonObject> Get(string path, string? about = null) => Insist(HttpMethod.Get, path, null, new() { Number = about });

    public Task<JsonObject> Post(string path, object? body, string? key = null) => Post(path, body, key, new());

    public Task<JsonObject> Post(string path, object? body, string? key, Request request) => Insist(HttpMethod.Post, path, body, request with { Key = key });

    /// <summary>Asks once, and hangs up when it has taken so long.</summary>
    public async Task HangUp(string path, object body, string key, TimeSpan after)
    {
        using var time = new CancellationTokenSource(after, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        try
        {
            await Ask(nodes.Next(), HttpMethod.Post, path, body, new() { Key = key }, either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // As it was meant to.
        }
    }

    /// <summary>All pages of a list.</summary>
    public async Task<List<JsonObject>> List(string path)
    {
        var all = new List<JsonObject>();
        string? cursor = null;
        do
        {
            var page = await Get($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=200{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}");
            all.AddRange(page["data"]!.AsArray().Select(item => item!.AsObject()));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);

        return all;
    }

    private async Task<JsonObject> Insist(HttpMethod method, string path, object? body, Request request)
    {
        var (node, first, done) = (nodes.Next(), clock.GetUtcNow(), default(DateTimeOffset?));
        try
        {
            var answer = await Insist(node, method, path, body, request);
            done = clock.GetUtcNow();
            return answer;
        }
        finally
        {
            if (request.Number is { } number)
            {
                answers.WasAsked(new(number, node, first, done));
            }
        }
    }

    private async Task<JsonObject> Insist(int node, HttpMethod method, string path, object? body, Request request)
    {
        for (var began = clock.GetTimestamp(); ;)
        {
            var (answer, again, wasTaken, wasAnswered) = await Ask(node, method, path, body, request, stop);
            if (answer is not null)
            {
                return answer;
            }

            request = request with { IsUnderWay = request.IsUnderWay || (wasTaken && request.Key is not null) };
            node = request.Stays && wasAnswered ? node : nodes.Next();
            if (clock.GetElapsedTime(began) > Patience)
            {
                answers.WasWrong($"{method} {path} was not done after {Patience.TotalMinutes} minutes");
                throw new TimeoutException($"{method} {path} was not done after {Patience.TotalMinutes} minutes.");
            }

            await Task.Delay(again * (1 + (Random.Shared.NextDouble() / 4)), clock, stop);
        }
    }

    // What was not done was taken or not, was answered or not, and is asked for again after a time.
    private async Task<(JsonObject? Done, TimeSpan Again, bool WasTaken, bool WasAnswered)> Ask(
        int node, HttpMethod method, string path, object? body, Request wanted, CancellationToken hangUp)
    {
        var (sent, at) = (clock.GetTimestamp(), clock.GetUtcNow());
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            if (wanted.Key is { } key)
            {
                request.Headers.Add("Idempotency-Key", key);
            }

            using var answer = await nodes.Client(node).SendAsync(request, hangUp);
            var said = await answer.Content.ReadAsStringAsync(hangUp);
            var error = answer.IsSuccessStatusCode ? null : ErrorOf(said);
            answers.Attempts.Took(at, $"{(int)answer.StatusCode} {error}".TrimEnd(), clock.GetElapsedTime(sent));
            switch (AnswerRules.Judge(answer.StatusCode, error, answer.Headers.RetryAfter is not null, wanted.IsUnderWay && !OnlyUnavailable))
            {
                case Verdict.Done:
                    return (said.Length == 0 ? [] : JsonNode.Parse(said)!.AsObject(), default, true, true);
                case Verdict.AskAgain:
                    answers.Refused($"{(int)answer.StatusCode} {error}");
                    return (null, answer.Headers.RetryAfter?.Delta ?? Pause, true, true);
                default:
                    answers.WasWrong($"{method} {path} was answered with {(int)answer.StatusCode}{(answer.Headers.RetryAfter is null ? " without Retry-After" : "")}: {said}");
                    return (null, Pause, true, true);
            }
        }
        catch (Exception exception) when (AnswerRules.IsNoAnswer(exception, hangUp.IsCancellationRequested))
        {
            var isRefused = AnswerRules.IsRefused(exception);
            answers.Refused(isRefused ? "connection refused" : "no answer");
            if (!nodes.MayNotAnswer(node, sent, isRefused))
            {
                answers.WasWrong($"{method} {path} got no answer from API node {node + 1}, which was there: {exception.Message}");
            }

            // Refused connections lead a load balancer to the other node at once.
            return (null, isRefused ? OtherNode : Pause, !isRefused, false);
        }
    }

    private static string? ErrorOf(string said)
    {
        try
        {
            return JsonNode.Parse(said)?["error"]?.GetValue<string>();
        }
        catch (Exception exception) when (exception is System.Text.Json.JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
