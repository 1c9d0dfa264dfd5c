using System.Text.Json.Nodes;
using Loopwave.Chaos.Load;
using Loopwave.Processes;

namespace Loopwave.Chaos.Cluster;

/// <summary>Makes the numbers of a run, links them, and gives them people to write with.</summary>
internal sealed class NumberMaker(ApiCaller api, EmulatorProcess? whatsApp, ChaosPlan plan, Action<string> say, TimeProvider clock)
{
    private const int AtOnce = 8;
    private const int LinkedAtOnce = 4;
    private const int People = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    public async Task<IReadOnlyList<Line>> Make()
    {
        var sandbox = new Line[plan.SandboxNumbers];
        await Parallel.ForAsync(0, sandbox.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
            sandbox[i] = new(await Create($"sandbox {i}", "sandbox"), EngineKind.Sandbox, ""));
        say($"{sandbox.Length} sandbox numbers are made");
        for (var i = 0; i < People && whatsApp is not null; i++)
        {
            await whatsApp.Person(Person(i), $"Customer {i}");
        }

        var emulated = new Line[plan.EmulatedNumbers];
        var linked = 0;
        await Parallel.ForAsync(0, emulated.Length, new ParallelOptions { MaxDegreeOfParallelism = LinkedAtOnce }, async (i, _) =>
        {
            emulated[i] = await Link(i);
            if (Interlocked.Increment(ref linked) % 25 == 0)
            {
                say($"{linked} WhatsApp numbers are linked");
            }
        });
        return [.. sandbox, .. emulated];
    }

    /// <summary>Whom the numbers write with: some people of their own in the sandbox, whoever there is on the emulated network.</summary>
    public IReadOnlyList<Conversation> Converse(IReadOnlyList<Line> lines) =>
    [
        .. lines.SelectMany((line, i) => Enumerable.Range(0, plan.PeoplePerNumber).Select(person => new Conversation(
            line, line.Engine is EngineKind.Sandbox ? $"9198{20_000_000 + (i * plan.PeoplePerNumber) + person}" : Person(((i * plan.PeoplePerNumber) + person) % People)))),
    ];

    private async Task<Line> Link(int i)
    {
        var phone = $"9197{i:D8}";
        await whatsApp!.Person(phone, "Shop");
        var id = await Create($"whatsapp {i}", "whatsapp");
        await api.Post($"/api/v1/numbers/{id}/link", new { method = "qr" });
        await whatsApp.Scan(phone, (await Until($"/api/v1/numbers/{id}/link", link => link["qr"] is not null))["qr"]!.GetValue<string>());
        await Until($"/api/v1/numbers/{id}", number => number["status"]!.GetValue<string>() == "ready");
        return new(id, EngineKind.WhatsApp, phone);
    }

    private async Task<string> Create(string label, string engine) =>
        (await api.Post("/api/v1/numbers", new { label, engine }, label.Replace(' ', '-')))["id"]!.GetValue<string>();

    private async Task<JsonObject> Until(string path, Func<JsonObject, bool> isSo)
    {
        for (var began = clock.GetTimestamp(); ;)
        {
            var answer = await api.Get(path);
            if (isSo(answer))
            {
                return answer;
            }

            if (clock.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"{path} after {Patience.TotalSeconds} s: {answer.ToJsonString()}");
            }

            await Task.Delay(LookEvery, clock);
        }
    }

    private static string Person(int i) => $"9196{i:D8}";
}
