using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What the product writes down about a run holds no key, no text and no phone number.</summary>
public sealed class LogTests(Deployment deployment) : IClassFixture<Deployment>
{
    // What libsignal and Baileys name keys in what they print.
    private static readonly string[] Keys = ["privKey", "pubKey", "rootKey", "noiseKey", "signedIdentityKey", "advSecretKey", "chainKey", "messageKeys", "baseKey"];

    [Fact]
    public async Task No_key_text_or_whole_phone_number_is_in_a_log_or_on_a_standard_stream()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var person = await deployment.Person("Anastasia Quincey");
        await deployment.MessageIs(await deployment.Send(number, person, "a very secret text"), "delivered");
        await deployment.WhatsApp.Say(person, phone, "an even more secret answer");
        await deployment.Shown(person, message => Deployment.Text(message["text"]) == "an even more secret answer");
        await deployment.WhatsApp.OnPhone(person, "forget-sessions", new { of = phone });
        await deployment.MessageIs(await deployment.Send(number, person, "a third secret"), "delivered");
        await deployment.WhatsApp.Fault(new { kind = "stream-error", phone, code = 503 });
        await deployment.WasSeen(number, "disconnected", "server_unavailable");
        await deployment.Ready(number);
        await deployment.Process.Stop();

        var written = deployment.Process.Output;
        foreach (var file in Directory.GetFiles(Path.Combine(deployment.DataDirectory, "logs")))
        {
            written += await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        }

        Assert.Contains("Engine host", written, StringComparison.Ordinal);
        Assert.Contains(number, written, StringComparison.Ordinal);
        foreach (var secret in Keys.Concat([phone, person, "secret", "Anastasia", "Quincey"]))
        {
            Assert.DoesNotContain(secret, written, StringComparison.Ordinal);
        }
    }
}
