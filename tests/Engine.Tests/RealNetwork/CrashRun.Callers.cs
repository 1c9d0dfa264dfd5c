using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What the callers of the API do.</summary>
internal sealed partial class CrashRun
{
    private static readonly string[] Emojis = ["👍", "🙏", "🎉"];

    private async Task Write(CrashLine line, IReadOnlyList<CrashDeed> deeds, Random random)
    {
        var texts = 0;
        for (var n = 0; n < deeds.Count; n++)
        {
            await _pace.MayWrite();
            if (deeds[n] is CrashDeed.Text && ++texts % UnreadableEvery == 0)
            {
                await deployment.WhatsApp.OnPhone(line.Persons[n % PersonsPerNumber].Name, "forget-sessions", new { of = line.Phone });
            }

            await Write(line, line.Persons[n % PersonsPerNumber], deeds[n], $"out {plan.Seed} {line.Number} {n}", random);
            _pace.Count();
        }
    }

    private Task Write(CrashLine line, CrashChat person, CrashDeed deed, string label, Random random) => deed switch
    {
        CrashDeed.Text => Send(line, person, new CrashNote(label, "text", null)),
        CrashDeed.GroupText => Send(line, line.Group, new CrashNote(label, "text", null)),
        CrashDeed.File => SendFile(line, line.Chats[random.Next(line.Chats.Count)], label, random),
        CrashDeed.Reply => SendReply(line, label, random),
        CrashDeed.Location => Send(line, line.Chats[random.Next(line.Chats.Count)], new CrashNote(label, "location", null)),
        CrashDeed.Reaction => React(line, label, random),
        CrashDeed.Edit => Edit(line, label, random),
        CrashDeed.Deletion => Delete(line, label, random),
        CrashDeed.Read => MarkRead(person),
        CrashDeed.Contact or CrashDeed.Poll => throw new InvalidOperationException($"The API sends no {deed}."),
    };

    private async Task<CrashNote> Send(CrashLine line, CrashChat chat, CrashNote note, string? media = null, string? replyTo = null)
    {
        var isPlace = note.Type == "location";
        var sent = await Answered(
            async api =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/messages");
                request.Headers.Add("Idempotency-Key", note.Label.Replace(' ', '-'));
                request.Content = JsonContent.Create(new
                {
                    from = line.Number, to = chat.Name, text = isPlace ? null : note.Label, whenOffline = "queue", replyTo,
                    media = media is null ? null : new { id = media, type = note.Type },
                    location = isPlace ? new { latitude = 52.5, longitude = 13.4, name = note.Label } : null,
                });
                using var answer = await api.SendAsync(request);
                Assert.True(
                    answer.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.ServiceUnavailable or HttpStatusCode.Conflict,
                    $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
                return answer.StatusCode is HttpStatusCode.Accepted ? await answer.Content.ReadFromJsonAsync<JsonObject>() : null;
            },
            $"an answer to {note.Label}");
        note.Id = Deployment.Text(sent["id"]);
        chat.Add(note);
        return note;
    }

    private async Task SendFile(CrashLine line, CrashChat chat, string label, Random random)
    {
        var (type, mimeType) = random.Next(2) == 0 ? ("image", "image/jpeg") : ("document", "application/pdf");
        var note = new CrashNote(label, type, null) { File = NewFile(random) };
        var media = await Answered(
            async api =>
            {
                using var content = new ByteArrayContent(note.File);
                content.Headers.ContentType = MediaTypeHeaderValue.Parse(mimeType);
                using var answer = await api.PostAsync("/api/v1/media?fileName=file.bin", content);
                return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonObject>() : null;
            },
            $"the file of {label}");
        await Send(line, chat, note, media: Deployment.Text(media["id"]));
    }

    private async Task SendReply(CrashLine line, string label, Random random)
    {
        var (chat, answered) = await Target(line.Chats, _ => true, random, Another(line, label));
        await Send(line, chat, new CrashNote(label, "text", null) { Answers = answered }, replyTo: await IdOf(chat, answered));
    }

    private async Task React(CrashLine line, string label, Random random)
    {
        var (chat, note) = await Target(line.Chats, _ => true, random, Another(line, label));
        var emoji = Emojis[random.Next(Emojis.Length)];
        await Change(chat, HttpMethod.Post, $"{await IdOf(chat, note)}/reactions", new { emoji }, CrashWords.Reaction(emoji, note.Label));
        note.Reaction = CrashView.Reacted(emoji, null);
    }

    private async Task Edit(CrashLine line, string label, Random random)
    {
        var (chat, note) = await Target(line.Chats, note => note is { Author: null, Type: "text" }, random, Another(line, label));
        await Change(chat, HttpMethod.Patch, note.Id, new { text = note.NewText = $"{label} now" }, CrashWords.Edit(note.NewText, note.Label));
    }

    private async Task Delete(CrashLine line, string label, Random random)
    {
        var (chat, note) = await Target(line.Chats, note => note.Author is null, random, Another(line, label));

        // One that still waits would be cancelled and never be on the network.
        await Done(
            async api => Deployment.Text((await api.GetFromJsonAsync<JsonObject>($"/api/v1/messages/{note.Id}"))!["status"]) is not "queued",
            $"{note.Label} to be sent");
        await Change(chat, HttpMethod.Delete, note.Id, null, CrashWords.Deletion(note.Label));
        note.IsDeleted = true;
    }

    // With nobody who has written or been written to yet there is no chat.
    private Task MarkRead(CrashChat chat) => Done(
        async api =>
        {
            using var answer = await api.PostAsync($"/api/v1/chats/{chat.Name}/read", null);
            return answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.NotFound;
        },
        $"{chat.Name} to be read");

    private Func<CrashChat, Task<CrashNote>> Another(CrashLine line, string label) =>
        chat => Send(line, chat, new CrashNote($"{label} first", "text", null) { IsClaimed = true });

    /// <summary>Has a message changed, and counts how often that may have been accepted.</summary>
    private async Task Change(CrashChat chat, HttpMethod method, string path, object? body, string words)
    {
        var asked = 0;
        await Done(
            async api =>
            {
                using var request = new HttpRequestMessage(method, $"/api/v1/messages/{path}") { Content = body is null ? null : JsonContent.Create(body) };
                asked++;
                using var answer = await api.SendAsync(request);
                if (answer.IsSuccessStatusCode)
                {
                    return true;
                }

                var error = Deployment.Text((await answer.Content.ReadFromJsonAsync<JsonObject>())!["error"]);
                Assert.True(answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.Conflict, $"{answer.StatusCode}: {error}");

                // Deleted, says the product: by an ask of ours that got no answer.
                return error == "conflict" && method == HttpMethod.Delete && asked > 1;
            },
            words);
        chat.Add(new CrashSaid(words, MostIds: asked));
    }

    /// <summary>The API's id of a message. One that a person wrote has to be there first.</summary>
    private async Task<string> IdOf(CrashChat chat, CrashNote note) => note.Author is null
        ? note.Id
        : await Answered(
            async api => Deployment.Text(
                (await Page(api, chat, null))["data"]?.AsArray().FirstOrDefault(message => CrashView.LabelOf(message!) == note.Label)?["id"]) is { Length: > 0 } id ? id : null,
            $"{note.Label} to be stored");

    private static async Task<JsonObject> Page(HttpClient api, CrashChat chat, string? cursor)
    {
        using var answer = await api.GetAsync(
            $"/api/v1/chats/{Uri.EscapeDataString(chat.Name)}/messages?limit=200" + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}"));
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
    }
}
