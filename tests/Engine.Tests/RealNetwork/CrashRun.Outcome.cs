using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What became of everything: at the people, on the numbers' own phones, on the network's record and in storage.</summary>
internal sealed partial class CrashRun
{
    /// <summary>
    /// Waits until nothing is under way any more: no number has anything to send, the network nothing for a number, and every
    /// message that was accepted or said is at its end. What comes twice, or under a second id, has come by then.
    /// </summary>
    private async Task Settled()
    {
        foreach (var (number, phone, _) in _lines)
        {
            await deployment.Number(number, view => Deployment.Text(view["status"]) == "ready" && view["counters"]!["queued"]!.GetValue<int>() == 0);
            await Deployment.Until(
                () => deployment.WhatsApp.Account(phone), account => account["companions"]!.AsArray().All(device => device!["pending"]!.GetValue<int>() == 0));
        }

        foreach (var (phone, person) in _lines.SelectMany(line => line.Persons.Select(person => (line.Phone, person))))
        {
            string? open = null;
            await Until(async () => (open = await Open(phone, person)) is null, $"everything with {person}", () => Task.FromResult(open!));
        }
    }

    /// <summary>What is still missing of what is between a number and a person; null when that is nothing.</summary>
    private async Task<string?> Open(string phone, string person)
    {
        var (sent, received) = await Stored(person);
        var inbox = Texts(await deployment.WhatsApp.Inbox(person));
        var copies = Texts(await deployment.WhatsApp.Inbox(phone));
        return _accepted[person].Except(inbox).FirstOrDefault() is { } missing ? $"{missing} has not come: {await Said(missing)}"
            : _accepted[person].Except(copies).FirstOrDefault() is { } unseen ? $"{unseen} is not on the number's own phone"
            : sent.FirstOrDefault(message => message.Status is "queued" or "scheduled") is { } waiting ? $"{waiting} has no end"
            : _said[person].Except(received.Select(message => message.Text)).FirstOrDefault() is { } unheard ? $"{unheard} is not stored" : null;
    }

    private async Task Compare()
    {
        var own = new HashSet<string>();
        var record = (await deployment.WhatsApp.Record())["sent"]!.AsArray();
        var order = record.Select((message, i) => (Id: Deployment.Text(message!["id"]), Place: i)).GroupBy(one => one.Id).ToDictionary(same => same.Key, same => same.Min(one => one.Place));
        foreach (var (_, phone, persons) in _lines)
        {
            var account = await deployment.WhatsApp.Account(phone);
            own.UnionWith([phone, User(account["lid"])]);
            var copies = await deployment.WhatsApp.Inbox(phone);
            foreach (var person in persons)
            {
                var accepted = _accepted[person];
                var (sent, received) = await Stored(person);
                Assert.Equal(accepted, sent.Select(message => message.Text));
                Assert.All(sent, message => Assert.True(message.Status is "sent" or "delivered" && message.Error is null, $"{message}"));
                Assert.Equal(_said[person], received.Select(message => message.Text));

                AllThere(accepted, order, await deployment.WhatsApp.Inbox(person));
                AllThere(accepted, order, [.. copies.Where(message => accepted.Contains(Deployment.Text(message!["text"]))).Select(message => message!.DeepClone())]);
            }
        }

        Assert.Equal(_ids.Count, record.Count(message => !own.Contains(User(message!["to"]))));
    }

    // A network that does not swallow repeats shows one again, under its id. In order is what reached the network so: a phone takes several
    // at once, and one that it has to ask for again comes later.
    private void AllThere(IEnumerable<string> accepted, Dictionary<string, int> order, JsonArray inbox)
    {
        var arrived = Texts([.. inbox.OrderBy(message => order[Deployment.Text(message!["id"])]).Select(message => message!.DeepClone())]);
        Assert.Equal(accepted, plan.SwallowsRepeats ? arrived : arrived.Distinct());
        Assert.All(
            inbox.GroupBy(message => Deployment.Text(message!["text"])),
            same => Assert.Single(same.Select(message => Deployment.Text(message!["id"])).Distinct()));
    }

    private static IEnumerable<string> Texts(JsonArray inbox) => inbox.Select(message => Deployment.Text(message!["text"]));

    private static string User(JsonNode? jid) => Deployment.Text(jid).Split('@')[0].Split(':')[0];

    /// <summary>A message as it is stored.</summary>
    private sealed record StoredMessage(string Text, string Status, string? Error);

    /// <summary>What is stored of a chat, in its order: what the number sent, and what the person wrote.</summary>
    private async Task<(IReadOnlyList<StoredMessage> Sent, IReadOnlyList<StoredMessage> Received)> Stored(string person)
    {
        var messages = new List<JsonNode>();
        for (string? cursor = null; ;)
        {
            using var answer = await deployment.Api.GetAsync(
                $"/api/v1/chats/{person}/messages?limit=200" + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}"));
            var page = await answer.Content.ReadFromJsonAsync<JsonObject>();
            messages.AddRange((page!["data"]?.AsArray() ?? []).Select(message => message!));
            cursor = page["nextCursor"]?.GetValue<string>();
            if (cursor is null)
            {
                messages.Reverse();
                return (Of(fromMe: true), Of(fromMe: false));
            }
        }

        IReadOnlyList<StoredMessage> Of(bool fromMe) =>
        [
            .. messages.Where(message => message["fromMe"]!.GetValue<bool>() == fromMe).Select(message => new StoredMessage(
                Deployment.Text(message["text"]), Deployment.Text(message["status"]), message["error"]?.ToJsonString())),
        ];
    }

    /// <summary>What the product says of a message, and of its number.</summary>
    private async Task<string> Said(string text)
    {
        var message = await deployment.Get($"/api/v1/messages/{_ids[text]}");
        var number = await deployment.Get($"/api/v1/numbers/{message["number"]}");
        return $"{message.ToJsonString()} of {number.ToJsonString()}";
    }
}
