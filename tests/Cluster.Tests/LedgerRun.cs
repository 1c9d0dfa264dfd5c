using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loopwave.Chaos.Load;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>How large a run is. The seed decides the moments of the disturbances.</summary>
internal sealed record LedgerPlan(int Seed, int Disturbances, int Numbers = 20, int ChatsPerNumber = 10, int Messages = 2_000, int Inbound = 1_000);

/// <summary>
/// Sends and receives through real processes that are disturbed at random moments, and then reads the simulated network's
/// own durable record: what really went over the wire, whatever the product believes.
/// </summary>
internal sealed class LedgerRun(LedgerPlan plan, ILedgerTarget target, Action<string> say)
{
    private const int Writers = 8;
    private const string KeyHeader = "Idempotency-Key";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // Callers that ask again without a pause would take the processor from the process that is starting.
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(50);

    private readonly Random _random = new(plan.Seed);
    private readonly ConcurrentDictionary<int, string> _accepted = [];
    private readonly List<string> _numbers = [];
    private int _injected;
    private int _refused;
    private int _unavailable;

    public async Task Play()
    {
        await target.Start();
        await CreateNumbers();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(Write).Concat([InjectAll(), DisturbAtRandomMoments()]));
        say($"seed {plan.Seed}: {_accepted.Count} accepted, {_injected} injected; waiting for the queues to drain");
        await Drained();
        var refused = _refused;
        await Check();
        Assert.True(refused == _refused, $"{_refused - refused} requests were refused long after the last disturbance\n{target.Errors()}");
    }

    private async Task CreateNumbers()
    {
        for (var i = 0; i < plan.Numbers; i++)
        {
            var answer = await (await Client()).PostAsJsonAsync("/api/v1/numbers", new { label = $"Line {i}", engine = "sandbox" });
            answer.EnsureSuccessStatusCode();
            _numbers.Add((await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]!.GetValue<string>());
        }

        await AllReady();
    }

    // A chat belongs to one writer, which waits for each answer: the order of its numbers is the order of acceptance.
    private async Task Write(int writer)
    {
        var chats = plan.Numbers * plan.ChatsPerNumber;
        for (var n = 0; n < plan.Messages; n++)
        {
            if (n % chats % Writers == writer)
            {
                await Accept(n, n % chats);
            }
        }
    }

    private async Task Accept(int n, int chat)
    {
        var body = new { to = Customer(chat), text = Text(n), from = NumberOf(chat), whenOffline = "queue" };
        var answer = await Insist(() => Request(HttpMethod.Post, "/api/v1/messages", body, $"message-{n}"), HttpStatusCode.Accepted);
        _accepted[n] = answer["id"]!.GetValue<string>();
    }

    private async Task InjectAll()
    {
        var chats = plan.Numbers * plan.ChatsPerNumber;
        for (var i = 0; i < plan.Inbound; i++)
        {
            var chat = i % chats;
            var body = new { from = Customer(chat), text = $"in-{plan.Seed}-{i}", whatsAppId = $"IN{plan.Seed:D4}{i:D8}" };
            await Insist(() => Request(HttpMethod.Post, $"/api/v1/numbers/{NumberOf(chat)}/sandbox/messages", body, null), HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.Accepted);
            Interlocked.Increment(ref _injected);
        }
    }

    private async Task DisturbAtRandomMoments()
    {
        var total = plan.Messages + plan.Inbound;
        var moments = Enumerable.Range(0, plan.Disturbances).Select(_ => _random.Next(total / 20, total - (total / 20))).Order().ToList();
        foreach (var moment in moments)
        {
            await Until(() => Task.FromResult(_accepted.Count + _injected >= moment), "the next moment to disturb");
            say($"seed {plan.Seed}: {target.Next} after {_accepted.Count} accepted and {_injected} injected");
            var told = _unavailable;
            await target.Disturb(_numbers, () => Assert.True(_unavailable > told, "Nobody was told that nothing could be written."));
        }
    }

    // A caller that gets no answer asks again with the same key, as the documentation tells integrators to.
    private async Task<JsonObject> Insist(Func<HttpRequestMessage> make, params HttpStatusCode[] wanted)
    {
        var (deadline, isUnderWay) = (TimeProvider.System.GetTimestamp(), false);
        while (TimeProvider.System.GetElapsedTime(deadline) < Patience)
        {
            await target.CanBeAsked();
            var (node, sent) = (target.Nodes.Next(), TimeProvider.System.GetTimestamp());
            using var request = make();
            try
            {
                using var answer = await target.Nodes.Client(node).SendAsync(request);
                if (wanted.Contains(answer.StatusCode))
                {
                    return (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
                }

                WasRefused(answer, await answer.Content.ReadAsStringAsync(), isUnderWay);
                isUnderWay = request.Headers.Contains(KeyHeader);
            }
            catch (Exception exception) when (AnswerRules.IsNoAnswer(exception, hungUp: false))
            {
                // Whether the process took the request is unknown, unless it was refused.
                var isRefused = AnswerRules.IsRefused(exception);
                Assert.True(target.Nodes.MayNotAnswer(node, sent, isRefused), $"node {node + 1} was there and did not answer: {exception}\n{target.Errors()}");
                isUnderWay |= !isRefused && request.Headers.Contains(KeyHeader);
            }

            await RealTime.Pass(AskAgainAfter);
        }

        throw new TimeoutException("A request was not answered in time.");
    }

    private void WasRefused(HttpResponseMessage answer, string said, bool isUnderWay)
    {
        var error = said.StartsWith('{') ? JsonNode.Parse(said)!["error"]?.GetValue<string>() : null;
        var saysWhen = answer.Headers.RetryAfter is not null;
        Assert.True(
            AnswerRules.Judge(answer.StatusCode, error, saysWhen, isUnderWay) is Verdict.AskAgain,
            $"{answer.StatusCode}{(saysWhen ? "" : " without Retry-After")}: {said}\n{target.Errors()}");
        Interlocked.Increment(ref _refused);
        if (error == "storage_unavailable")
        {
            Interlocked.Increment(ref _unavailable);
        }
    }

    private async Task<HttpClient> Client()
    {
        await target.CanBeAsked();
        return target.Nodes.Client(target.Nodes.Next());
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, object body, string? key)
    {
        var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add(KeyHeader, key);
        }

        return request;
    }

    private async Task AllReady() => await Until(
        async () => (await List("/api/v1/numbers?status=ready")).Count == plan.Numbers, "all numbers to be ready", NotReady);

    private async Task Drained()
    {
        await AllReady();
        await Until(
            async () => (await List("/api/v1/numbers")).All(number => number["counters"]!["queued"]!.GetValue<int>() == 0),
            "the queues to be empty", Queued);
        await Until(
            async () => (await List("/api/v1/chats")).Sum(chat => chat["unreadCount"]!.GetValue<int>()) >= plan.Inbound,
            "every inbound message to be stored", Unread);

        // An acknowledgement that the network lost brings the message again on the next connection, and must change nothing.
        foreach (var number in _numbers)
        {
            await Insist(() => new HttpRequestMessage(HttpMethod.Post, $"/api/v1/numbers/{number}/reconnect"), HttpStatusCode.OK, HttpStatusCode.Accepted);
        }

        await AllReady();
        foreach (var number in _numbers)
        {
            await Until(
                async () => (await List($"/api/v1/numbers/{number}/sandbox/inbound")).All(message => message["acknowledgedAt"] is not null),
                "every inbound message to be acknowledged");
        }
    }

    private async Task Check()
    {
        foreach (var number in _numbers)
        {
            await CheckWire(number);
            await CheckStored(number);
            await CheckConnections(number);
        }
    }

    // I1 to I4: every accepted message once under one id, repeats only with that id, and the order of each chat.
    private async Task CheckWire(string number)
    {
        var sent = await List($"/api/v1/numbers/{number}/sandbox/sent");
        var expected = Enumerable.Range(0, plan.Messages).Where(n => NumberOf(n % Chats) == number).Select(Text).ToList();
        var byText = sent.ToLookup(message => message["text"]!.GetValue<string>());
        foreach (var text in expected)
        {
            var count = byText[text].Count();
            Assert.True(count == 1, $"'{text}' of {number} is on the wire under {count} ids{(count == 1 ? "" : await Shown(number, text))}");
            Assert.InRange(byText[text].Single()["count"]!.GetValue<int>(), 1, 4);
            Assert.All(byText[text].Single()["repeats"]!.AsArray(), repeat =>
                Assert.Equal(byText[text].Single()["first"]!["hash"]!.GetValue<string>(), repeat!["hash"]!.GetValue<string>()));
        }

        Assert.Equal(expected.Count, sent.Count);
        foreach (var chat in sent.GroupBy(message => message["chat"]!.GetValue<string>()))
        {
            var order = chat.OrderBy(message => message["first"]!["order"]!.GetValue<long>()).Select(message => Index(message["text"]!.GetValue<string>())).ToList();
            Assert.Equal(order.Order(), order);
        }
    }

    /// <summary>What the product says of a message that the network says otherwise of.</summary>
    private async Task<string> Shown(string number, string text)
    {
        foreach (var chat in await List($"/api/v1/chats?number={number}"))
        {
            foreach (var message in (await List($"/api/v1/chats/{chat["id"]}/messages")).Where(message => message["text"]?.GetValue<string>() == text))
            {
                var details = await Insist(() => new HttpRequestMessage(HttpMethod.Get, $"/api/v1/messages/{message["id"]}"), HttpStatusCode.OK);
                return $", and shown as {details.ToJsonString()}";
            }
        }

        return ", and shown nowhere";
    }

    // I9 and the projections: every inbound message stored once, every message sent, unread counts right.
    private async Task CheckStored(string number)
    {
        foreach (var chat in await List($"/api/v1/chats?number={number}"))
        {
            var messages = await List($"/api/v1/chats/{chat["id"]}/messages");
            var inbound = messages.Where(message => !message["fromMe"]!.GetValue<bool>()).Select(message => message["text"]!.GetValue<string>()).ToList();
            var customer = chat["chatId"]!.GetValue<string>().Split('@')[0];
            var expected = Enumerable.Range(0, plan.Inbound).Where(i => Customer(i % Chats) == customer && NumberOf(i % Chats) == number).Select(i => $"in-{plan.Seed}-{i}").ToList();
            Assert.Equal(expected.Order(), inbound.Order());
            Assert.Equal(expected.Count, chat["unreadCount"]!.GetValue<int>());

            // Under the ids of the answers, whichever attempt was answered, and none besides.
            var own = messages.Where(message => message["fromMe"]!.GetValue<bool>()).ToDictionary(message => message["text"]!.GetValue<string>());
            var accepted = _accepted.Where(one => Customer(one.Key % Chats) == customer && NumberOf(one.Key % Chats) == number).ToList();
            Assert.Equal(accepted.Count, own.Count);
            foreach (var (n, id) in accepted)
            {
                Assert.Equal(id, own[Text(n)]["id"]!.GetValue<string>());
                Assert.Contains(own[Text(n)]["status"]!.GetValue<string>(), new[] { "sent", "delivered", "read" });
            }
        }
    }

    // I10 and I12: never two connections at once, and nobody had to scan again.
    private async Task CheckConnections(string number)
    {
        var view = await Insist(() => new HttpRequestMessage(HttpMethod.Get, $"/api/v1/numbers/{number}"), HttpStatusCode.OK);
        var linked = view["timeline"]!.AsArray().Count(entry => entry!["detail"]?.GetValue<string>() == "linking");
        Assert.InRange(linked, 1, 3);
        var connections = await List($"/api/v1/numbers/{number}/sandbox/connections");
        var epochs = connections.Select(connection => connection["epoch"]!.GetValue<long>()).ToList();
        Assert.Equal(epochs.Order(), epochs);
        var cutOff = 0;
        for (var i = 1; i < connections.Count; i++)
        {
            // Both are places in the one order of all that happened. One that its process could not end any more ends with the next.
            var ended = connections[i - 1]["endOrder"]?.GetValue<long>() ?? long.MaxValue;
            var began = connections[i]["id"]!.GetValue<long>();
            var isCutOff = connections[i - 1]["end"]?.GetValue<string>() == "replaced";
            cutOff += isCutOff ? 1 : 0;
            Assert.True(isCutOff ? ended == began : ended < began, $"connection {i} of {number} began at {began}, and the one before was there until {ended}");
        }

        Assert.True(cutOff <= target.CutOff(number), $"{cutOff} connections of {number} were replaced, {target.CutOff(number)} while their process could not end them");
        Assert.DoesNotContain(connections, connection => connection["end"]?.GetValue<string>() == "440");
    }

    private async Task<List<JsonObject>> List(string path)
    {
        var all = new List<JsonObject>();
        string? cursor = null;
        do
        {
            var separator = path.Contains('?') ? '&' : '?';
            var url = $"{path}{separator}limit=200{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}";
            var page = await Insist(() => new HttpRequestMessage(HttpMethod.Get, url), HttpStatusCode.OK);
            all.AddRange(page["data"]!.AsArray().Select(item => item!.AsObject()));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);

        return all;
    }

    private async Task<string> NotReady() => string.Join('\n', (await List("/api/v1/numbers"))
        .Where(number => number["status"]!.GetValue<string>() != "ready").Select(number => number.ToJsonString()).Take(5).Append(target.Errors()));

    /// <summary>The numbers that still have something to send, and the messages that are not on their way.</summary>
    private async Task<string> Queued()
    {
        var numbers = (await List("/api/v1/numbers")).Where(number => number["counters"]!["queued"]!.GetValue<int>() > 0).ToList();
        var messages = new List<string>();
        foreach (var (n, id) in _accepted)
        {
            var message = (await (await Client()).GetFromJsonAsync<JsonObject>($"/api/v1/messages/{id}"))!;
            if (message["status"]!.GetValue<string>() is "queued" or "scheduled" or "failed")
            {
                messages.Add($"{Text(n)}: {message.ToJsonString()}");
            }
        }

        return string.Join('\n', numbers.Select(number => number.ToJsonString()).Concat(messages.Take(10)).Append(target.Errors()));
    }

    /// <summary>What is wrong with the chats, and what the product wrote about it.</summary>
    private async Task<string> Unread()
    {
        var chats = await List("/api/v1/chats");
        var wrong = Enumerable.Range(0, Chats).Select(index => (
                Index: index,
                Expected: (plan.Inbound - index + Chats - 1) / Chats,
                Chat: chats.FirstOrDefault(one => one["number"]!.GetValue<string>() == NumberOf(index) && one["chatId"]!.GetValue<string>().StartsWith(Customer(index), StringComparison.Ordinal))))
            .Where(one => (one.Chat?["unreadCount"]?.GetValue<int>() ?? 0) != one.Expected)
            .Select(one => $"{NumberOf(one.Index)} {Customer(one.Index)}: {one.Chat?["unreadCount"] ?? "no chat"} of {one.Expected}");
        var numbers = (await List("/api/v1/numbers")).Select(number => number.ToJsonString());
        return string.Join('\n', wrong.Take(20).Concat(numbers.Take(3)).Append(target.Errors()));
    }

    private static async Task Until(Func<Task<bool>> condition, string what, Func<Task<string>>? details = null)
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(begin) > Patience)
            {
                throw new TimeoutException($"Waited {Patience.TotalMinutes} minutes for {what}. {(details is null ? "" : await details())}");
            }

            await RealTime.Pass(AskAgainAfter);
        }
    }

    private int Chats => plan.Numbers * plan.ChatsPerNumber;

    private string NumberOf(int chat) => _numbers[chat % plan.Numbers];

    private static string Customer(int chat) => $"9198{12_000_000 + chat}";

    private string Text(int n) => $"out-{plan.Seed}-{n}";

    private static int Index(string text) => int.Parse(text.Split('-')[2], System.Globalization.CultureInfo.InvariantCulture);
}
