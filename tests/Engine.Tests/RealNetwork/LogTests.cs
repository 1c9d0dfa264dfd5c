using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Loopwave.Testing.Storage;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What the product writes down about a run holds no key, no text and no phone number.</summary>
public sealed class LogTests(Deployment deployment) : IClassFixture<Deployment>
{
    // What libsignal and Baileys name keys in what they print.
    private static readonly string[] Names = ["privKey", "pubKey", "rootKey", "noiseKey", "signedIdentityKey", "advSecretKey", "chainKey", "messageKeys", "baseKey"];

    [Fact]
    public async Task No_key_text_or_whole_phone_number_is_in_a_log_or_on_a_standard_stream()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var person = await deployment.Person("Anastasia Quincey");
        await Live(number, phone, person);
        await deployment.Process.Kill();
        var output = deployment.Process.Output;
        await deployment.Start();
        await deployment.Ready(number);
        await deployment.MessageIs(await deployment.Send(number, person, "a secret after the crash"), "delivered");
        await deployment.Process.Stop();

        var written = output + deployment.Process.Output;
        foreach (var file in Directory.GetFiles(Path.Combine(deployment.DataDirectory, "logs")))
        {
            written += await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        }

        Assert.Contains("Engine host", written, StringComparison.Ordinal);
        Assert.Contains(number, written, StringComparison.Ordinal);
        foreach (var secret in Names.Concat([phone, person, "secret", "Anastasia", "Quincey"]))
        {
            Assert.DoesNotContain(secret, written, StringComparison.Ordinal);
        }

        await HoldsNoKey(number, written);
    }

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

    /// <summary>The keys themselves are nowhere, under whatever name: not in what was printed, and not in any file of the product.</summary>
    private async Task HoldsNoKey(string number, string written)
    {
        var keys = await StoredSecrets.Keys(Path.Combine(deployment.DataDirectory, "auth"), number);
        Assert.True(keys.Count > 100, $"Only {keys.Count} keys were found, and a device has hundreds.");
        var forms = new KeyForms(keys);
        Assert.All(Printed(keys.Last()), form => Assert.True(forms.AreIn(Encoding.Latin1.GetBytes($"before {form} after"))));

        Assert.False(forms.AreIn(Encoding.UTF8.GetBytes(written)), "A key was printed.");
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
