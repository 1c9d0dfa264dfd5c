using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>How large a run is. The seed decides the moments; each kind of kill happens <paramref name="Kills"/> times.</summary>
internal sealed record CrashPlan(int Seed, int Numbers, int Out, int In, int Kills)
{
    /// <summary>Whether the network delivers a message once more that comes again under its id, or only acknowledges it.</summary>
    public bool SwallowsRepeats => Seed % 2 == 0;

    /// <summary>Whether most kills wait until the numbers are back from the one before. The others come blow upon blow.</summary>
    public bool WaitsForNumbers => Seed % 3 != 0;
}

/// <summary>Writes and is written to over the real protocol while silos, engine hosts and connections are killed.</summary>
internal sealed partial class CrashRun(CrashPlan plan, Deployment deployment) : IAsyncDisposable
{
    private const int PersonsPerNumber = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Random _random = new(plan.Seed);
    private readonly List<(string Number, string Phone, List<string> Persons)> _lines = [];
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _accepted = [];
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _said = [];
    private readonly ConcurrentBag<string> _saidIds = [];
    private readonly ConcurrentDictionary<string, string> _ids = [];
    private readonly SemaphoreSlim _swap = new(1, 1);
    private readonly Pace _pace = new(Patience);

    public static async Task<CrashRun> Start(CrashPlan plan)
    {
        var deployment = new Deployment { Settings = { ["ENGINE_HOSTS"] = "2" } };
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
        await Settled();
        await Compare();
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
            _saidIds.Add(await deployment.WhatsApp.Say(person, line.Phone, text));
            _said.GetOrAdd(person, _ => []).Enqueue(text);
            _pace.Count();
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
                    if (answer.StatusCode is not HttpStatusCode.Accepted)
                    {
                        return false;
                    }

                    _ids[key] = Deployment.Text((await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]);
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            $"an answer to {key}");
    }

    private async Task Until(Func<Task<bool>> isSo, string what, Func<Task<string>>? details = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                var more = details is null ? "" : await details();
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"Seed {plan.Seed}: waited {Patience.TotalSeconds} s for {what}. {more}"));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
