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

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
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
        await Until($"/api/v1/numbers/{id}/link", async link => link["qr"]?.GetValue<string>() is { } qr && await Scan(phone, qr));
        await Until($"/api/v1/numbers/{id}", number => Task.FromResult(number["status"]!.GetValue<string>() == "ready"));
        return new(id, EngineKind.WhatsApp, phone);
    }

    private async Task<string> Create(string label, string engine) =>
        (await api.Post("/api/v1/numbers", new { label, engine }, label.Replace(' ', '-')))["id"]!.GetValue<string>();

    // A code that was on screen a moment ago may be over, on a busy machine above all; then the next one is scanned.
    private async Task<bool> Scan(string phone, string qr)
    {
        try
        {
            await whatsApp!.Scan(phone, qr);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private async Task Until(string path, Func<JsonObject, Task<bool>> isSo)
    {
        for (var began = clock.GetTimestamp(); ;)
        {
            var answer = await api.Get(path);
            if (await isSo(answer))
            {
                return;
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
