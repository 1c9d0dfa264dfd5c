using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What became of everything: at the people, on the numbers' own phones, on the network's record and in storage.</summary>
internal sealed partial class CrashRun
{
    private IEnumerable<(CrashLine Line, CrashChat Chat)> Chats => _lines.SelectMany(line => line.Chats.Concat(line.Away).Select(chat => (line, chat)));

    /// <summary>
    /// Waits until nothing is under way any more: no number has anything to send, the network nothing for a number, and every
    /// message that was accepted or said, and every change of one, is at its end. What comes twice, or under a second id, has come
    /// by then.
    /// </summary>
    private async Task Settled()
    {
        await Quiet();
        foreach (var (line, chat) in Chats)
        {
            string? open = null;
            await Until(async () => (open = await Open(line, chat)) is null, $"everything in {chat.Name}", () => Task.FromResult(open!));
        }

        // What came last may have brought receipts.
        await Quiet();
    }

    private async Task Quiet()
    {
        foreach (var line in _lines)
        {
            await deployment.Number(line.Number, view => Deployment.Text(view["status"]) == "ready" && view["counters"]!["queued"]!.GetValue<int>() == 0);
            await Deployment.Until(
                () => deployment.WhatsApp.Account(line.Phone),
                account => account["companions"]!.AsArray().All(device => device!["pending"]!.GetValue<int>() == 0));
        }
    }

    /// <summary>What is still missing of a chat; null when that is nothing.</summary>
    private async Task<string?> Open(CrashLine line, CrashChat chat)
    {
        var said = chat.Said.Select(said => said.Words).ToList();
        foreach (var phone in chat.Persons.Append(line.Phone))
        {
            if (said.Except((await Heard(line, chat, phone)).Select(heard => heard.Words)).FirstOrDefault() is { } missing)
            {
                return $"Not on the phone of {phone}: {missing}; the number is {await deployment.Get($"/api/v1/numbers/{line.Number}")}";
            }
        }

        var (sent, received) = await Stored(chat);
        return Difference(chat.Sent, sent) ?? Difference(chat.Received, received);
    }

    private static string? Difference(IReadOnlyList<CrashNote> notes, IReadOnlyList<CrashView> stored)
    {
        var expected = notes.Select(CrashView.Expected).ToList();
        var at = Enumerable.Range(0, Math.Max(expected.Count, stored.Count)).FirstOrDefault(i => expected.ElementAtOrDefault(i) != stored.ElementAtOrDefault(i), -1);
        return at < 0 ? null : $"Stored at place {at} is {stored.ElementAtOrDefault(at)} and not {expected.ElementAtOrDefault(at)}";
    }

    private async Task Compare()
    {
        var record = await deployment.WhatsApp.Record();
        var sent = record["sent"]!.AsArray();
        var onWire = sent.Select((message, i) => (Id: Deployment.Text(message!["id"]), Place: i, Most: MostCopies(message))).ToDictionary(one => one.Id);
        var ids = new HashSet<string>();
        List<string> ticks = [];
        foreach (var (line, chat) in Chats)
        {
            var stored = await Stored(chat);
            Assert.Equal(chat.Sent.Select(CrashView.Expected), stored.Sent);
            Assert.Equal(chat.Received.Select(CrashView.Expected), stored.Received);
            AllThere(chat, onWire, await Heard(line, chat, line.Phone));
            foreach (var person in chat.Persons)
            {
                var heard = await Heard(line, chat, person);
                AllThere(chat, onWire, heard);
                ids.UnionWith(heard.Select(one => one.Id));
                await FilesAreWhole(chat, person, heard);
                await OnlyWhatTheySaidIsRead(person);
            }

            await FilesAreWhole(chat);
            ticks.AddRange(await WrongTicks(chat));
        }

        TestContext.Current.SendDiagnosticMessage("seed {0}: {1} messages have other ticks than the network told", plan.Seed, ticks.Count);
        Assert.Empty(ticks);

        // Nothing else left for anybody but the numbers' own phones.
        var own = _lines.Select(line => line.Phone).ToHashSet();
        Assert.Equal(ids.Count, sent.Count(message => !own.Contains(PhoneOf(Deployment.Text(message!["to"])) ?? "")));

        foreach (var line in _lines)
        {
            Assert.Single((await deployment.WhatsApp.Account(line.Phone))["companions"]!.AsArray());
        }
    }

    // A network that does not swallow repeats shows one again, under its id, and any shows the answer to whoever could not read it to
    // everybody. In order is what reached the network so: a phone takes several at once, and one that it has to ask for again comes later.
    private static void AllThere(CrashChat chat, Dictionary<string, (string Id, int Place, int Most)> onWire, IReadOnlyList<CrashHeard> heard)
    {
        Assert.Equal(chat.Said.Select(said => said.Words), heard.OrderBy(one => onWire[one.Id].Place).Select(one => one.Words).Distinct());
        var most = chat.Said.ToDictionary(said => said.Words, said => said.MostIds);
        Assert.All(heard.GroupBy(one => one.Words), same => Assert.InRange(same.Select(one => one.Id).Distinct().Count(), 1, most[same.Key]));
        Assert.All(heard.GroupBy(one => one.Id), same => Assert.InRange(same.Count(), 1, onWire[same.Key].Most));
    }

    private int MostCopies(JsonNode? sent) => Count(sent, "retries") + (plan.SwallowsRepeats ? 1 : Count(sent, "times"));

    private async Task FilesAreWhole(CrashChat chat, string person, IReadOnlyList<CrashHeard> heard)
    {
        foreach (var note in chat.Sent.Where(note => note.File is not null))
        {
            Assert.Equal(note.File, await deployment.WhatsApp.File(person, heard.First(one => one.Words == note.Label).Id));
        }
    }

    private async Task FilesAreWhole(CrashChat chat)
    {
        var messages = await Messages(chat);
        foreach (var note in chat.Received.Where(note => note is { File: not null, IsDeleted: false }))
        {
            var message = messages.Single(message => CrashView.LabelOf(message) == note.Label);
            Assert.Equal(note.File, await deployment.Api.GetByteArrayAsync(Deployment.Text(message["media"]!["url"])));
        }
    }

    // Every phone of a run tells at once that it has a message.
    private async Task<IEnumerable<string>> WrongTicks(CrashChat chat)
    {
        var status = (await Messages(chat)).ToDictionary(message => Deployment.Text(message["id"]), message => Deployment.Text(message["status"]));
        return chat.Sent.Where(note => status[note.Id] != (note.IsRead ? "read" : "delivered"))
            .Select(note => $"{note.Label} is {status[note.Id]}, and was {(note.IsRead ? "read" : "delivered")}");
    }

    // Whether it is said that a message was read is no promise; whose it is said of is one.
    private async Task OnlyWhatTheySaidIsRead(string person)
    {
        var said = _saidIds.ToHashSet();
        var read = (await deployment.WhatsApp.Receipts(person)).Where(receipt => Deployment.Text(receipt!["type"]) == "read");
        Assert.All(read, receipt => Assert.Contains(Deployment.Text(receipt!["id"]), said));
    }

    /// <summary>What the number said in a chat, as a phone has it.</summary>
    private async Task<IReadOnlyList<CrashHeard>> Heard(CrashLine line, CrashChat chat, string phone)
    {
        var other = phone == line.Phone ? chat.Name : line.Phone;
        var inbox = (await deployment.WhatsApp.Inbox(phone)).Select(entry => entry!).Where(entry =>
            Deployment.Text(entry["from"]) == line.Phone
            && Deployment.Text(entry["chat"]) is var place && (chat.IsGroup ? place == chat.Name : PhoneOf(place) == other));
        return CrashWords.Of(inbox, chat.Received.ToDictionary(note => note.Id, note => note.Label));
    }

    /// <summary>What is stored of a chat, in its order: what the number sent, and what the people wrote.</summary>
    private async Task<(IReadOnlyList<CrashView> Sent, IReadOnlyList<CrashView> Received)> Stored(CrashChat chat)
    {
        var messages = await Messages(chat);

        // Those of people have no id that both sides know: they are told by their place.
        var labels = chat.Sent.Select(note => (note.Id, note.Label))
            .Concat(messages.Where(IsReceived).Zip(chat.Received, (message, note) => (Id: Deployment.Text(message["id"]), note.Label)))
            .ToDictionary(one => one.Id, one => one.Label);
        var views = messages.ToLookup(IsReceived, message => CrashView.Stored(message, labels, PhoneOf));
        return ([.. views[false]], [.. views[true]]);

        static bool IsReceived(JsonNode message) => !message["fromMe"]!.GetValue<bool>();
    }

    private async Task<IReadOnlyList<JsonNode>> Messages(CrashChat chat)
    {
        var messages = new List<JsonNode>();
        for (string? cursor = null; ;)
        {
            var page = await Page(deployment.Api, chat, cursor);
            messages.AddRange((page["data"]?.AsArray() ?? []).Select(message => message!));
            cursor = page["nextCursor"]?.GetValue<string>();
            if (cursor is null)
            {
                messages.Reverse();
                return messages;
            }
        }
    }

    private string? PhoneOf(string jid) => _phones.GetValueOrDefault(CrashWords.User(jid));
}
