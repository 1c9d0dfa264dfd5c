using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Watching;
using Loopwave.Processes;

namespace Loopwave.Chaos.Ledger;

/// <summary>Reads, once everything has come to rest, what the networks recorded and what the API shows.</summary>
internal sealed class EvidenceReader(
    ApiCaller api, EmulatorProcess? whatsApp, IReadOnlyList<Conversation> conversations, DateTimeOffset began, TimeProvider clock)
{
    private const int AtOnce = 8;

    // A silo that has joined is still being given numbers, each of which is away for a moment, and at the first of it shown as of nobody.
    private static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AllOnTheirWay = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5);

    private readonly ConcurrentBag<WireMessage> _wire = [];
    private readonly ConcurrentBag<StoredMessage> _stored = [];
    private readonly ConcurrentBag<NumberConnection> _connections = [];
    private readonly ConcurrentBag<NumberAtEnd> _numbers = [];
    private readonly ConcurrentDictionary<string, Timeline> _timelines = [];
    private long _reading;
    private readonly IReadOnlyList<Line> _lines = [.. conversations.Select(conversation => conversation.Line).Distinct()];

    public IReadOnlyDictionary<string, Timeline> Timelines => _timelines;

    public async Task<Evidence> Read()
    {
        _reading = clock.GetTimestamp();
        await Each(_lines, ReadNumber);
        await ReadStored();
        await Each(_lines.Where(line => line.Engine is EngineKind.Sandbox), ReadSandbox);
        if (whatsApp is not null)
        {
            await ReadEmulator(whatsApp);
        }

        return new([.. _wire], [.. _stored], [.. _connections], [.. _numbers]);
    }

    /// <summary>How many inbound messages the chats say that they have: nobody read any.</summary>
    public async Task<int> CountInbound() => (await api.List("/api/v1/chats")).Sum(chat => chat["unreadCount"]!.GetValue<int>());

    private async Task ReadNumber(Line line)
    {
        var number = await AtRest(line);

        // Newest first.
        var entries = number["timeline"]!.AsArray().Select(entry => new StatusAt(
            entry!["at"]!.GetValue<DateTimeOffset>(), Text(entry["status"]), entry["detail"]?.GetValue<string>(), entry["reason"]?["code"]?.GetValue<string>())).Reverse().ToList();
        _timelines[line.Id] = new Timeline(line.Id, line.Engine, entries);
        _numbers.Add(new(
            line.Id, Text(number["status"]), number["counters"]!["queued"]!.GetValue<int>(),
            entries.Count(entry => entry.At > began && entry.Detail == "linking")));
    }

    private async Task<JsonObject> AtRest(Line line)
    {
        for (var asked = clock.GetTimestamp(); ; await Task.Delay(LookEvery, clock))
        {
            var number = await api.Get($"/api/v1/numbers/{line.Id}");
            if (!IsOnItsWay(number) || clock.GetElapsedTime(asked) > OnItsWay || clock.GetElapsedTime(_reading) > AllOnTheirWay)
            {
                return number;
            }
        }
    }

    // Of nobody it is shown as disconnected, without a reason.
    private static bool IsOnItsWay(JsonObject number) =>
        Text(number["status"]) == "connecting" || (Text(number["status"]) == "disconnected" && number["reason"] is null);

    private async Task ReadStored()
    {
        var chats = new ConcurrentBag<JsonObject>();
        foreach (var chat in await api.List("/api/v1/chats"))
        {
            chats.Add(chat);
        }

        await Each(chats, async chat =>
        {
            var (number, person) = (Text(chat["number"]), Text(chat["chatId"]).Split('@')[0]);
            foreach (var message in await api.List($"/api/v1/chats/{Text(chat["id"])}/messages"))
            {
                _stored.Add(new(
                    number, person, Text(message["id"]), Text(message["text"]), message["fromMe"]!.GetValue<bool>(), Text(message["status"]),
                    message["error"]?["code"]?.GetValue<string>()));
            }
        });
    }

    private async Task ReadSandbox(Line line)
    {
        foreach (var sent in await api.List($"/api/v1/numbers/{line.Id}/sandbox/sent"))
        {
            var first = sent["first"]!;
            _wire.Add(new(
                line.Id, Text(sent["chat"]).Split('@')[0], Text(sent["text"]), Text(sent["whatsAppId"]), first["order"]!.GetValue<long>(), sent["count"]!.GetValue<int>(),
                sent["repeats"]!.AsArray().All(repeat => Text(repeat!["hash"]) == Text(first["hash"]))));
        }

        foreach (var connection in await api.List($"/api/v1/numbers/{line.Id}/sandbox/connections"))
        {
            _connections.Add(new(
                line.Id, connection["epoch"]!.GetValue<long>(), connection["id"]!.GetValue<long>(), connection["endOrder"]?.GetValue<long>(),
                connection["end"]?.GetValue<string>() == "replaced", Time(connection["from"])!.Value, Time(connection["to"])));
        }
    }

    private async Task ReadEmulator(EmulatorProcess emulator)
    {
        var byPhone = _lines.Where(line => line.Engine is EngineKind.WhatsApp).ToDictionary(line => line.Phone);

        // In the order in which they reached the network. A phone that cannot read one at once, and asks for it again, has it later.
        var sent = (await emulator.Record())["sent"]!.AsArray()
            .Select((message, order) => (Id: Text(message!["id"]), Order: order, Times: message["times"]!.GetValue<int>()))
            .ToDictionary(message => message.Id);
        foreach (var person in conversations.Where(one => one.Line.Engine is EngineKind.WhatsApp).Select(one => one.Person).Distinct())
        {
            var inbox = (await emulator.Inbox(person)).Where(message => byPhone.ContainsKey(Text(message!["from"])));
            foreach (var message in inbox.DistinctBy(message => (Text(message!["id"]), Text(message["from"]))))
            {
                var wire = sent[Text(message!["id"])];
                _wire.Add(new(byPhone[Text(message["from"])].Id, person, Text(message["text"]), wire.Id, wire.Order, wire.Times));
            }
        }

        foreach (var connection in await emulator.Connections())
        {
            if (byPhone.TryGetValue(Text(connection!["device"]).Split(':', '@')[0], out var line))
            {
                var (from, to) = (Time(connection["from"])!.Value, Time(connection["to"]));
                _connections.Add(new(
                    line.Id, 0, from.ToUnixTimeMilliseconds(), to?.ToUnixTimeMilliseconds(), connection["end"]?.GetValue<string>() == "replaced", from, to));
            }
        }
    }

    private static Task Each<T>(IEnumerable<T> all, Func<T, Task> read) =>
        Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) => await read(one));

    private static string Text(JsonNode? node) => node?.GetValue<string>() ?? "";

    private static DateTimeOffset? Time(JsonNode? node) => node?.GetValue<DateTimeOffset>();
}
