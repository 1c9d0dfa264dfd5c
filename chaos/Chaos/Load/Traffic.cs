using System.Collections.Concurrent;
using Loopwave.Chaos.Ledger;
using Loopwave.Processes;

namespace Loopwave.Chaos.Load;

/// <summary>Writes to people, lets people write and looks at what there is, at fixed rates, and keeps what was promised.</summary>
internal sealed class Traffic(
    ApiCaller sends, ApiCaller injections, ApiCaller reads, Answers sendAnswers, Answers readAnswers, EmulatorProcess? whatsApp, IReadOnlyList<Conversation> conversations, ChaosPlan plan, TimeProvider clock)
{
    private const int OneOf = 50;
    private const int AtOnce = 5;
    private const int HangsUpWithin = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan SayAgain = TimeSpan.FromSeconds(0.5);

    private readonly Conversations _out = new(conversations, plan.Seed);
    private readonly Conversations _in = new(conversations, plan.Seed + 1);
    private readonly ConcurrentQueue<AcceptedMessage> _accepted = [];
    private readonly ConcurrentQueue<SpokenMessage> _spoken = [];
    private readonly ConcurrentDictionary<string, byte> _unanswered = [];
    private int _sent;
    private int _said;

    public int LeftOut { get; private set; }

    public int Accepted => _accepted.Count;

    public int Spoken => _spoken.Count;

    public Claims Claims => new([.. _accepted], [.. _spoken]) { Unanswered = _unanswered.Keys.ToHashSet() };

    /// <summary>Until it is stopped; returns when everything that was begun was answered.</summary>
    public async Task Run(CancellationToken stop)
    {
        using var send = new OpenLoop(plan.SendsPerSecond, plan.Calm / 2, plan.MostOutstanding, Failed, clock);
        using var say = new OpenLoop(plan.InboundPerSecond, plan.Calm / 2, plan.MostOutstanding, Failed, clock);
        using var look = new OpenLoop(plan.LooksPerSecond, plan.Calm / 2, plan.MostOutstanding, Failed, clock);
        var looks = new Looks(reads, readAnswers, new Conversations(conversations, plan.Seed + 2), clock);
        await Task.WhenAll(
            Task.Run(() => send.Run(Send, stop), CancellationToken.None),
            Task.Run(() => say.Run(Say, stop), CancellationToken.None),
            Task.Run(() => look.Run(looks.Look, stop), CancellationToken.None));
        LeftOut = send.LeftOut + say.LeftOut + look.LeftOut;
    }

    private void Failed(Exception exception) => sendAnswers.WasWrong(exception.ToString());

    private async Task<bool> Send(DateTimeOffset due)
    {
        if (_out.Take() is not { } taken)
        {
            return false;
        }

        var (line, person) = taken.Conversation;
        var text = $"out-{plan.Seed}-{Interlocked.Increment(ref _sent)}";
        _unanswered[text] = 0;
        var body = new { from = line.Id, to = person, text, whenOffline = "queue" };
        var isUnderWay = await Misbehave(body, text);
        var answer = await sends.Post(
            "/api/v1/messages", body, text, new() { Number = line.Id, IsUnderWay = isUnderWay, Stays = Random.Shared.Next(2) == 0 });
        sendAnswers.WasDone(due, clock.GetUtcNow() - due);
        _accepted.Enqueue(new(line.Id, person, taken.Place, text, answer["id"]!.GetValue<string>()));
        _unanswered.TryRemove(text, out _);

        // A chat whose message was not answered is given back to nobody: its order would be unknown.
        _out.GiveBack(taken.Index);
        return true;
    }

    // Every so many messages somebody hangs up before the answer, or asks five times at once: F22. Whether so now.
    private async Task<bool> Misbehave(object body, string key)
    {
        if (!plan.CallersMisbehave || Random.Shared.Next(OneOf) > 0)
        {
            return false;
        }

        if (Random.Shared.Next(2) == 0)
        {
            await sends.HangUp("/api/v1/messages", body, key, TimeSpan.FromMilliseconds(1 + Random.Shared.Next(HangsUpWithin)));
        }
        else
        {
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => sends.Post("/api/v1/messages", body, key, new() { IsUnderWay = true })));
        }

        return true;
    }

    private async Task<bool> Say(DateTimeOffset due)
    {
        var (line, person) = _in.Any();
        var n = Interlocked.Increment(ref _said);
        var text = $"in-{plan.Seed}-{n}";
        var id = $"IN{plan.Seed:D4}{n:D10}";
        _unanswered[text] = 0;
        if (line.Engine is EngineKind.Sandbox)
        {
            await injections.Post($"/api/v1/numbers/{line.Id}/sandbox/messages", new { from = person, text, whatsAppId = id }, null, new() { Number = line.Id });
        }
        else
        {
            await SayOnPhone(person, line.Phone, text, id);
        }

        _spoken.Enqueue(new(line.Id, person, text));
        _unanswered.TryRemove(text, out _);
        return true;
    }

    // The network may itself be away for a moment; an id that it has seen it takes for the same message.
    private async Task SayOnPhone(string person, string phone, string text, string id)
    {
        for (var began = clock.GetTimestamp(); ;)
        {
            try
            {
                await whatsApp!.OnPhone(person, "say", new { to = phone, text, id });
                return;
            }
            catch (HttpRequestException) when (clock.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(SayAgain, clock);
            }
        }
    }
}
