using System.Security.Cryptography;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>Keys that are old, gone or closed: never another identity, and no loss that does not heal.</summary>
public sealed class CredentialTests : IAsyncLifetime
{
    private readonly Deployment _deployment = new();
    private string _number = "";
    private string _phone = "";
    private string _person = "";

    private string Auth => Path.Combine(_deployment.DataDirectory, "auth");

    public async ValueTask InitializeAsync()
    {
        await _deployment.InitializeAsync();
        (_number, _phone) = await _deployment.LinkedNumber();
        _person = await _deployment.Person();
        await Exchange("before");
    }

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();

    [Fact]
    public async Task Keys_of_an_older_backup_heal_when_somebody_writes_and_every_message_arrives()
    {
        await _deployment.Process.Stop();
        var backup = Path.Combine(_deployment.DataDirectory, "backup");
        Copy(Auth, backup);
        await _deployment.Start();
        for (var n = 0; n < 5; n++)
        {
            await Exchange($"meanwhile {n}");
        }

        await _deployment.Process.Stop();
        Directory.Delete(Auth, recursive: true);
        Copy(backup, Auth);
        await _deployment.Start();

        await _deployment.Ready(_number);
        var after = await Exchange("after");

        // It was written for newer keys, which nobody had: asked for again, it came a second time.
        var delivered = (await _deployment.WhatsApp.Record())["delivered"]!.AsArray();
        Assert.Equal(2, delivered.Single(one => Deployment.Text(one!["id"]) == after)!["times"]!.GetValue<int>());
        Assert.Single((await _deployment.WhatsApp.Account(_phone))["companions"]!.AsArray());
    }

    [Fact]
    public async Task Missing_keys_are_said_and_no_new_device_is_made()
    {
        await _deployment.Process.Stop();
        Directory.Delete(Path.Combine(Auth, "numbers"), recursive: true);
        await _deployment.Start();

        await Refused("credentials_missing");
    }

    [Fact]
    public async Task Keys_under_another_key_are_said_and_kept_and_read_again_under_the_right_one()
    {
        await _deployment.Process.Stop();
        File.Move(Path.Combine(Auth, "key"), Path.Combine(_deployment.DataDirectory, "key"));
        var other = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        _deployment.IsSecret(other);
        _deployment.Set("CREDENTIALS_KEY", other);
        await _deployment.Start();
        await Refused("credentials_unreadable");

        await _deployment.Process.Stop();
        File.Move(Path.Combine(_deployment.DataDirectory, "key"), Path.Combine(Auth, "key"), overwrite: true);
        _deployment.Set("CREDENTIALS_KEY", null);
        await _deployment.Start();
        await _deployment.Post($"/api/v1/numbers/{_number}/reconnect", new { });
        await _deployment.Ready(_number);
        await Exchange("after");
    }

    private async Task Refused(string reason)
    {
        await _deployment.Number(
            _number, view => Deployment.Text(view["status"]) == "logged_out" && Deployment.Text(view["reason"]?["code"]) == reason);
        Assert.Single((await _deployment.WhatsApp.Account(_phone))["companions"]!.AsArray());
    }

    /// <summary>A person asks and is answered; the id of the question.</summary>
    private async Task<string> Exchange(string text)
    {
        var id = await _deployment.WhatsApp.Say(_person, _phone, $"{text}, asks");
        await _deployment.Shown(_person, message => Deployment.Text(message["text"]) == $"{text}, asks");
        await _deployment.Send(_number, _person, $"{text}, answers");
        await _deployment.Inbox(_person, inbox => inbox.Any(message => Deployment.Text(message!["text"]) == $"{text}, answers"));
        return id;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var directory in Directory.GetDirectories(from))
        {
            Copy(directory, Path.Combine(to, Path.GetFileName(directory)));
        }
    }
}
