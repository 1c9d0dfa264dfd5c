using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Loopwave.Testing.Storage;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>
/// What the product writes down about a run that has something of everything. That it gives nothing away is asserted of every run
/// (<see cref="Deployment"/>); here, that there is something to look at, and what else must not be in it.
/// </summary>
public sealed class LogTests(Deployment deployment) : IClassFixture<Deployment>
{
    private const string Detail = "\"@l\":\"Debug\"";

    [Fact]
    public async Task The_log_says_what_happens_down_to_the_details_and_no_key_is_in_any_file()
    {
        deployment.IsSecret("secret");
        deployment.IsSecret("Anastasia");
        deployment.IsSecret("Quincey");
        var (number, phone) = await deployment.LinkedNumber();
        var person = await deployment.Person("Anastasia Quincey");
        await Live(number, phone, person);
        await TellsDetails();
        await deployment.Process.Kill();
        await deployment.Start();
        await deployment.Ready(number);
        await deployment.MessageIs(await deployment.Send(number, person, "a secret after the crash"), "delivered");
        await TellsDetails();
        await deployment.Process.Stop();

        var written = await deployment.Written();
        Assert.InRange(written.Count, 3, 4);
        Assert.All(written, writing =>
        {
            Assert.Contains("Engine host: ", writing.Content, StringComparison.Ordinal);
            Assert.Contains(Detail, writing.Content, StringComparison.Ordinal);
            Assert.Contains(number, writing.Content, StringComparison.Ordinal);
        });
        Assert.Matches("had written \\{Bytes\\} bytes to its output.*\"Bytes\":0", written[^1].Content);
        await HoldsNoKey(number);
    }

    // How the engine host is, which is asked every few seconds.
    private Task TellsDetails() =>
        Deployment.Until(() => Task.FromResult(JsonValue.Create(deployment.Process.Output)), output => output.GetValue<string>().Contains(Detail, StringComparison.Ordinal));

    /// <summary>Something of everything: texts, files both ways, a group, a session that is made anew, a connection that breaks.</summary>
    private async Task Live(string number, string phone, string person)
    {
        await deployment.MessageIs(await deployment.Send(number, person, "a very secret text"), "delivered");
        await deployment.WhatsApp.Say(person, phone, "an even more secret answer");
        await deployment.Shown(person, message => Deployment.Text(message["text"]) == "an even more secret answer");
        await deployment.WhatsApp.OnPhone(person, "forget-sessions", new { of = phone });
        await deployment.MessageIs(await deployment.Send(number, person, "a third secret"), "delivered");

        var sent = await deployment.Post("/api/v1/messages", new { from = number, to = person, media = new { id = await Upload() } });
        await deployment.MessageIs(Deployment.Text(sent["id"]), "delivered");
        await deployment.WhatsApp.OnPhone(
            person, "send-file", new { to = phone, kind = "document", mimetype = "application/pdf", base64 = "c2VjcmV0", fileName = "secret.pdf" });
        var file = await deployment.Shown(person, message => message["media"] is not null && !message["fromMe"]!.GetValue<bool>());
        Assert.NotEmpty(await deployment.Api.GetByteArrayAsync(Deployment.Text(file["media"]!["url"])));

        var group = await deployment.WhatsApp.Group(person, "A secret circle", phone);
        await deployment.WhatsApp.Say(person, group, "a secret of many");
        await deployment.Shown(group, message => Deployment.Text(message["text"]) == "a secret of many");
        await deployment.Send(number, group, "a secret for many");
        await deployment.Inbox(person, inbox => inbox.Any(message => Deployment.Text(message!["text"]) == "a secret for many"));

        await deployment.WhatsApp.Fault(new { kind = "stream-error", phone, code = 503 });
        await deployment.WasSeen(number, "disconnected", "server_unavailable");
        await deployment.Ready(number);
    }

    /// <summary>The keys themselves are in no file of the product, under whatever name.</summary>
    private async Task HoldsNoKey(string number)
    {
        var keys = await StoredSecrets.Keys(Path.Combine(deployment.DataDirectory, "auth"), number);
        Assert.True(keys.Count > 100, $"Only {keys.Count} keys were found, and a device has hundreds.");
        var forms = new KeyForms(keys);
        Assert.All(Printed(keys.Last()), form => Assert.True(forms.AreIn(Encoding.Latin1.GetBytes($"before {form} after"))));

        foreach (var file in Directory.GetFiles(deployment.DataDirectory, "*", SearchOption.AllDirectories))
        {
            Assert.False(forms.AreIn(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)), $"A key is in {file}.");
        }
    }

    // As base64, as hex, as Node prints a buffer and an array, as JSON, and as it is.
    private static IEnumerable<string> Printed(byte[] key) =>
    [
        Convert.ToBase64String(key), Convert.ToHexString(key), Convert.ToHexStringLower(key), $"<Buffer {string.Join(' ', key.Select(one => one.ToString("x2")))}>",
        $"Uint8Array(32) [\n  {string.Join(", ", key.Take(12))},\n   {string.Join(", ", key.Skip(12))}\n]", $"[{string.Join(',', key)}]", Encoding.Latin1.GetString(key),
    ];

    private async Task<string> Upload()
    {
        using var content = new ByteArrayContent([1, 2, 3]);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/pdf");
        using var answer = await deployment.Api.PostAsync("/api/v1/media?fileName=secret.pdf", content);
        answer.EnsureSuccessStatusCode();
        return Deployment.Text((await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]);
    }
}
