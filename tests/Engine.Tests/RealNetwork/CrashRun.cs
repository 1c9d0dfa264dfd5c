using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loopwave.Processes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>How large a run is. The seed decides the moments; each kind of kill happens <paramref name="Kills"/> times.</summary>
internal sealed record CrashPlan(int Seed, int Numbers, int Out, int In, int Kills)
{
    /// <summary>Whether the network delivers a message once more that comes again under its id, or only acknowledges it.</summary>
    public bool SwallowsRepeats => Seed % 2 == 0;
}

/// <summary>Writes and is written to over the real protocol while silos, engine hosts and connections are killed.</summary>
internal sealed class CrashRun(CrashPlan plan, Deployment deployment) : IAsyncDisposable
{
    private const int PersonsPerNumber = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Random _random = new(plan.Seed);
    private readonly List<(string Number, string Phone, List<string> Persons)> _lines = [];
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _accepted = [];
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _said = [];
    private readonly SemaphoreSlim _swap = new(1, 1);
    private readonly Pace _pace = new(Patience);
    private int _betweenOut;
    private int _betweenIn;

    private enum Kill
    {
        /// <summary>The silo, and with it its hosts.</summary>
        Silo,
        Host,
        Connections,
    }

    public static async Task<CrashRun> Start(CrashPlan plan)
    {
        var deployment = new Deployment();
        await deployment.InitializeAsync();
        return new CrashRun(plan, deployment);
    }

    public ValueTask DisposeAsync()
    {
        _pace.Dispose();
        _swap.Dispose();
        return deployment.DisposeAsync();
    }

    public async Task Play()
    {
        for (var n = 0; n < plan.Numbers; n++)
        {
            var (number, phone) = await deployment.LinkedNumber();
            var persons = new List<string>();
            for (var p = 0; p < PersonsPerNumber; p++)
            {
                persons.Add(await deployment.Person());
            }

            _lines.Add((number, phone, persons));
        }

        await deployment.WhatsApp.Fault(new { kind = "swallow-repeats", on = plan.SwallowsRepeats });
        await Task.WhenAll([.. _lines.Select(Write), .. _lines.Select(Say), Strike()]);
        await AllSent();
        await AllStored();
        await AllReady();
        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    private async Task Write((string Number, string Phone, List<string> Persons) line)
    {
        for (var n = 0; n < plan.Out / plan.Numbers; n++)
        {
            var person = line.Persons[n % PersonsPerNumber];
            var text = $"out {plan.Seed} {line.Number} {n}";
            await _pace.MayWrite();
            await Accept(new { from = line.Number, to = person, text, whenOffline = "queue" }, text);
            _accepted.GetOrAdd(person, _ => []).Enqueue(text);
            _pace.Count();
        }
    }

    private async Task Say((string Number, string Phone, List<string> Persons) line)
    {
        for (var n = 0; n < plan.In / plan.Numbers; n++)
        {
            var person = line.Persons[n % PersonsPerNumber];
            var text = $"in {plan.Seed} {line.Number} {n}";
            await _pace.MaySay();
            await deployment.WhatsApp.Say(person, line.Phone, text);
            _said.GetOrAdd(person, _ => []).Enqueue(text);
            _pace.Count();
        }
    }

    // As many messages go before each kill as after the last one. Three of four kills find all numbers back, the others find
    // numbers that are still on their way.
    private async Task Strike()
    {
        var kills = Enum.GetValues<Kill>().SelectMany(kill => Enumerable.Repeat(kill, plan.Kills)).ToArray();
        _random.Shuffle(kills);
        var (written, said) = (plan.Out / plan.Numbers * plan.Numbers / (kills.Length + 1), plan.In / plan.Numbers * plan.Numbers / (kills.Length + 1));
        foreach (var kill in kills)
        {
            await _pace.Open(written, said, moment: _random.Next(1, written + said + 1));
            await Do(kill);
            if (_random.Next(4) > 0)
            {
                await AllReady();
            }
        }

        await _pace.Open(plan.Out - (written * kills.Length), plan.In - (said * kills.Length), moment: 1);
        TestContext.Current.SendDiagnosticMessage(
            "seed {0}: of {1} kills {2} came between messages on their way out, {3} between messages on their way in", plan.Seed, kills.Length, _betweenOut, _betweenIn);
    }

    /// <summary>Tells what a kill that has just been done came between.</summary>
    private async Task Tell(Kill kill)
    {
        var record = await deployment.WhatsApp.Record();
        var written = _accepted.Values.Sum(texts => texts.Count) - record["sent"]!.AsArray().Count;
        var said = _said.Values.Sum(texts => texts.Count) - record["delivered"]!.AsArray().Count(one => one!["receiptedAt"] is not null);
        _betweenOut += written > 0 ? 1 : 0;
        _betweenIn += said > 0 ? 1 : 0;
        TestContext.Current.SendDiagnosticMessage(
            "seed {0}: killed {1} after {2} messages; {3} not on the wire yet, {4} not receipted", plan.Seed, kill, _pace.Done, written, said);
    }

    private async Task AllReady()
    {
        foreach (var (number, _, _) in _lines)
        {
            await deployment.Ready(number);
        }
    }

    private async Task Do(Kill kill)
    {
        switch (kill)
        {
            case Kill.Silo:
                await _swap.WaitAsync();
                try
                {
                    await deployment.Process.Kill();
                    await Tell(kill);
                    await deployment.Start();
                }
                finally
                {
                    _swap.Release();
                }

                break;
            case Kill.Host:
                // The one before may have been killed a moment ago: then its successor is waited for.
                IReadOnlyList<int> hosts = [];
                await Until(() => Task.FromResult((hosts = deployment.Process.Children()).Count > 0), "a host to kill");
                foreach (var host in hosts)
                {
                    LoopwaveProcess.KillOther(host);
                }

                await Tell(kill);
                break;
            case Kill.Connections:
                await deployment.WhatsApp.DropAll();
                await Tell(kill);
                break;
        }
    }

    // A caller that gets no answer asks again with the same key.
    private async Task Accept(object body, string key)
    {
        await Until(
            async () =>
            {
                await _swap.WaitAsync();
                var api = deployment.Api;
                _swap.Release();
                try
                {
                    using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/messages") { Content = JsonContent.Create(body) };
                    request.Headers.Add("Idempotency-Key", key.Replace(' ', '-'));
                    using var answer = await api.SendAsync(request);
                    Assert.True(
                        answer.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.ServiceUnavailable or HttpStatusCode.Conflict,
                        $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
                    return answer.StatusCode is HttpStatusCode.Accepted;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            $"an answer to {key}");
    }

    private async Task AllSent()
    {
        foreach (var (person, texts) in _accepted)
        {
            JsonArray inbox = [];
            await Until(
                async () =>
                {
                    inbox = await deployment.WhatsApp.Inbox(person);
                    return texts.All(text => inbox.Any(message => Deployment.Text(message!["text"]) == text));
                },
                $"every accepted message at {person}",
                () => Missing(texts, inbox.Select(message => Deployment.Text(message!["text"]))));
            var arrived = inbox.Select(message => (Text: Deployment.Text(message!["text"]), Id: Deployment.Text(message["id"]))).ToList();
            Assert.All(arrived.GroupBy(one => one.Text), same => Assert.Single(same.Select(one => one.Id).Distinct()));
            Assert.Equal(texts, arrived.Select(one => one.Text).Distinct());
        }
    }

    private async Task AllStored()
    {
        foreach (var (person, texts) in _said)
        {
            List<string> stored = [];
            await Until(
                async () =>
                {
                    stored = await Stored(person);
                    return texts.All(stored.Contains);
                },
                $"every message of {person}",
                () => Missing(texts, stored));
            Assert.Equal(texts.Order(), stored.Order());
        }
    }

    private async Task<List<string>> Stored(string person)
    {
        var texts = new List<string>();
        for (string? cursor = null; ;)
        {
            using var answer = await deployment.Api.GetAsync(
                $"/api/v1/chats/{person}/messages?limit=200" + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}"));
            var page = await answer.Content.ReadFromJsonAsync<JsonObject>();
            texts.AddRange((page!["data"]?.AsArray() ?? []).Where(message => !message!["fromMe"]!.GetValue<bool>()).Select(message => Deployment.Text(message!["text"])));
            cursor = page["nextCursor"]?.GetValue<string>();
            if (cursor is null)
            {
                return texts;
            }
        }
    }

    private static string Missing(IEnumerable<string> wanted, IEnumerable<string> there) =>
        "missing: " + string.Join(", ", wanted.Except(there).Take(10));

    private async Task Until(Func<Task<bool>> isSo, string what, Func<string>? details = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException(string.Create(
                    CultureInfo.InvariantCulture, $"Seed {plan.Seed}: waited {Patience.TotalSeconds} s for {what}. {details?.Invoke()}"));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
