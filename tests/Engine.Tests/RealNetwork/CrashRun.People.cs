using System.Text.Json;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What the people do on their phones.</summary>
internal sealed partial class CrashRun
{
    private async Task Say(CrashLine line, IReadOnlyList<CrashDeed> deeds, Random random)
    {
        var texts = 0;
        for (var n = 0; n < deeds.Count; n++)
        {
            await _pace.MaySay();
            var (person, label) = (line.Persons[n % PersonsPerNumber], $"in {plan.Seed} {line.Number} {n}");
            var isUnreadable = deeds[n] is CrashDeed.Text && ++texts % UnreadableEvery == 0;
            await (isUnreadable ? SayUnreadably(line, person, label, random) : Say(line, person, deeds[n], label, random));
            _pace.Count();
        }
    }

    private Task Say(CrashLine line, CrashChat person, CrashDeed deed, string label, Random random)
    {
        var chat = line.Chats[random.Next(line.Chats.Count)];
        return deed switch
        {
            CrashDeed.Text => SayText(line, person, By(person, label, "text", random)),
            CrashDeed.GroupText => SayText(line, line.Group, By(line.Group, label, "text", random)),
            CrashDeed.File => SayFile(line, chat, label, random),
            CrashDeed.Reply => SayReply(line, label, random),
            CrashDeed.Location => SayShared(line, chat, By(chat, label, "location", random), new
            {
                locationMessage = new { degreesLatitude = 52.5, degreesLongitude = 13.4, name = label },
            }),
            CrashDeed.Contact => SayShared(line, chat, By(chat, label, "contact", random), new
            {
                contactMessage = new { displayName = label, vcard = $"BEGIN:VCARD\nVERSION:3.0\nFN:{label}\nTEL;type=CELL:+4915112345678\nEND:VCARD" },
            }),
            CrashDeed.Poll => SayShared(line, chat, By(chat, label, "poll", random), new
            {
                pollCreationMessageV3 = new { name = label, options = new[] { new { optionName = "yes" }, new { optionName = "no" } } },
            }),
            CrashDeed.Reaction => ReactOnPhone(line, label, random),
            CrashDeed.Edit => EditOnPhone(line, label, random),
            CrashDeed.Deletion => DeleteOnPhone(line, label, random),
            CrashDeed.Read => ReadOnPhone(line, person, label, random),
        };
    }

    private Task<CrashNote> SayText(CrashLine line, CrashChat chat, CrashNote note) => Said(line, chat, note, "say", new { text = note.Label });

    // What the number has to ask for again comes after what is said meanwhile: so nothing is.
    private async Task SayUnreadably(CrashLine line, CrashChat person, string label, Random random)
    {
        await deployment.WhatsApp.OnPhone(person.Name, "garble", new { count = 1 });
        await IdOf(person, await SayText(line, person, By(person, label, "text", random)));
    }

    private Task<CrashNote> SayShared(CrashLine line, CrashChat chat, CrashNote note, object message) => Said(line, chat, note, "send", new { message });

    private Task<CrashNote> SayFile(CrashLine line, CrashChat chat, string label, Random random)
    {
        var (kind, mimetype) = random.Next(2) == 0 ? ("image", "image/jpeg") : ("document", "application/pdf");
        var file = NewFile(random);
        return Said(line, chat, By(chat, label, kind, random) with { File = file }, "send-file", new
        {
            kind, mimetype, base64 = Convert.ToBase64String(file), fileName = "file.bin", caption = label,
        });
    }

    private async Task SayReply(CrashLine line, string label, Random random)
    {
        var (chat, answered) = await Target(line.Chats, _ => true, random, AnotherSaid(line, label, random));
        var note = By(chat, label, "text", random) with { Answers = answered };
        var target = new { id = await NetworkId(line, chat, note.Author!, answered), author = AddressOf(line, chat, answered), text = answered.Label };
        await Said(line, chat, note, "reply", new { target, text = label });
    }

    private async Task ReactOnPhone(CrashLine line, string label, Random random)
    {
        var (chat, note) = await Target(line.Chats, _ => true, random, AnotherSaid(line, label, random));
        var (person, emoji) = (AnyOf(chat, random), Emojis[random.Next(Emojis.Length)]);
        var target = new
        {
            id = await NetworkId(line, chat, person, note), fromMe = note.Author == person,
            participant = chat.IsGroup ? AddressOf(line, chat, note) : null,
        };
        await OnPhone(line, chat, person, "react", new { target, emoji });
        note.Reaction = CrashView.Reacted(emoji, person);
    }

    private async Task EditOnPhone(CrashLine line, string label, Random random)
    {
        var (chat, note) = await Target(line.Chats, note => note is { Author: not null, Type: "text" }, random, AnotherSaid(line, label, random));
        await OnPhone(line, chat, note.Author!, "edit", new { id = note.Id, text = label });
        note.NewText = label;
    }

    private async Task DeleteOnPhone(CrashLine line, string label, Random random)
    {
        var (chat, note) = await Target(line.Chats, note => note.Author is not null, random, AnotherSaid(line, label, random));
        await OnPhone(line, chat, note.Author!, "revoke", new { id = note.Id });
        note.IsDeleted = true;
    }

    // A person to whom nothing has been written yet writes instead.
    private async Task ReadOnPhone(CrashLine line, CrashChat person, string label, Random random)
    {
        if (person.Sent.FirstOrDefault(note => !note.IsRead) is not { } note)
        {
            await SayText(line, person, By(person, label, "text", random));
            return;
        }

        var ids = new[] { await NetworkId(line, person, person.Name, note) };
        await deployment.WhatsApp.OnPhone(person.Name, "read", new { to = line.Phone, ids });
        note.IsRead = true;
    }

    private Func<CrashChat, Task<CrashNote>> AnotherSaid(CrashLine line, string label, Random random) =>
        chat => SayText(line, chat, By(chat, $"{label} first", "text", random) with { IsClaimed = true });

    private async Task<CrashNote> Said(CrashLine line, CrashChat chat, CrashNote note, string act, object what)
    {
        note.Id = await OnPhone(line, chat, note.Author!, act, what);
        chat.Add(note);
        return note;
    }

    /// <summary>A person does something in a chat; the network's id of the message that says so.</summary>
    private async Task<string> OnPhone(CrashLine line, CrashChat chat, string person, string act, object what)
    {
        var body = JsonSerializer.SerializeToNode(what)!.AsObject();
        body["to"] = chat.IsGroup ? chat.Name : line.Phone;
        var id = Deployment.Text((await deployment.WhatsApp.OnPhone(person, act, body))["id"]);
        _saidIds.Add(id);
        return id;
    }

    /// <summary>The network's id of a message, as it is on a person's phone. One of the number has to get there first.</summary>
    private async Task<string> NetworkId(CrashLine line, CrashChat chat, string person, CrashNote note)
    {
        if (note.Author is not null)
        {
            return note.Id;
        }

        string? id = null;
        await Until(
            async () => (id = (await Heard(line, chat, person)).FirstOrDefault(heard => heard.Words == note.Label)?.Id) is not null,
            $"{note.Label} to be on the phone of {person}",
            () => Shown(line, person, note));
        return id!;
    }

    /// <summary>What the product and the network say of a message that is not where it should be.</summary>
    private async Task<string> Shown(CrashLine line, string person, CrashNote note)
    {
        var message = await deployment.Get($"/api/v1/messages/{note.Id}");
        var onWire = (await Sent()).Where(one => PhoneOf(Deployment.Text(one!["to"])) == person).Select(one => one!.ToJsonString());
        return $"It is {message}; the number is {await deployment.Get($"/api/v1/numbers/{line.Number}")}; on the wire to that phone: {string.Join(", ", onWire)}";
    }

    // In groups people go by their hidden address.
    private string AddressOf(CrashLine line, CrashChat chat, CrashNote note) =>
        _addresses[note.Author ?? line.Phone] is var address && chat.IsGroup ? address.Lid : address.Jid;

    private static CrashNote By(CrashChat chat, string label, string type, Random random) => new(label, type, AnyOf(chat, random));

    private static string AnyOf(CrashChat chat, Random random) => chat.Persons[random.Next(chat.Persons.Count)];
}
