using System.Text.Json;
using Loopwave.Deployment;
using Loopwave.Engines;

namespace Loopwave.Sandbox;

/// <summary>
/// Shows codes to be scanned, and plays the phone that scans them. The times are those of the real network: the first QR
/// lives 60 seconds, five more 20 seconds each; a code to type lives as long as all of them together.
/// </summary>
internal sealed class SandboxLinking(SandboxNetwork network, SandboxDice dice, SandboxHistoryBook history)
{
    /// <summary>The entry of the credentials that logs a device in.</summary>
    public const string DeviceKey = "device";

    private const int Codes = 6;
    private const string CodeAlphabet = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";

    private static readonly TimeSpan FirstLife = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan NextLife = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan WholeLife = FirstLife + NextLife * (Codes - 1);

    /// <param name="phone">Digits, to offer a code to type; null for a QR code.</param>
    public void Offer(SandboxSubscriber subscriber, ISandboxDevice device, string? phone)
    {
        var attempt = new SandboxLinkAttempt(device, phone);
        SandboxAccount account;
        lock (subscriber)
        {
            if (!device.IsCurrent)
            {
                return;
            }

            subscriber.Link = attempt;
            account = subscriber.Account;
        }

        Show(subscriber, attempt);
        if (account.Faults.LinksExpire)
        {
            network.Schedule(network.Options.LinkDelay, () => Expire(subscriber, attempt));
        }
        else if (account.AutoLink ?? network.Options.AutoLink)
        {
            network.Schedule(network.Options.LinkDelay, () => Scan(subscriber, attempt, null));
        }
    }

    /// <summary>The phone scans what is on screen; false when there is nothing to scan.</summary>
    /// <param name="phone">Digits of the phone that scans; null for the one that is meant to.</param>
    public bool Scan(SandboxSubscriber subscriber, SandboxLinkAttempt attempt, string? phone)
    {
        lock (subscriber)
        {
            if (subscriber.Link != attempt || attempt.Scanned)
            {
                return false;
            }

            attempt.Scanned = true;
        }

        attempt.Device.Hear(new EngineEvent.LinkScanned());
        network.Schedule(network.Options.PairingDelay, () => network.Note(Pair(subscriber, attempt, phone), "link a device"));
        return true;
    }

    private void Show(SandboxSubscriber subscriber, SandboxLinkAttempt attempt)
    {
        if (subscriber.Link != attempt || attempt.Scanned)
        {
            return;
        }

        var isCode = attempt.Phone is not null;
        if (attempt.Offers == (isCode ? 1 : Codes))
        {
            Expire(subscriber, attempt);
            return;
        }

        var life = isCode ? WholeLife : attempt.Offers == 0 ? FirstLife : NextLife;
        var name = $"{subscriber.Account.Links}/{network.Now.ToUnixTimeMilliseconds()}/{attempt.Offers++}";
        attempt.Device.Hear(isCode
            ? new EngineEvent.LinkOffered(null, Code(subscriber.Number, name), network.Now + life)
            : new EngineEvent.LinkOffered(Qr(subscriber.Number, name), null, network.Now + life));
        network.Schedule(life, () => Show(subscriber, attempt));
    }

    private void Expire(SandboxSubscriber subscriber, SandboxLinkAttempt attempt)
    {
        if (subscriber.Link == attempt && !attempt.Scanned)
        {
            attempt.Device.Drop(408, null);
        }
    }

    private async Task Pair(SandboxSubscriber subscriber, SandboxLinkAttempt attempt, string? phone)
    {
        try
        {
            phone ??= attempt.Phone ?? await OwnPhone(subscriber.Number);
            if (subscriber.Link != attempt)
            {
                return;
            }

            var now = network.Now;
            var past = history.AtLinking(subscriber.Number, network.Past(subscriber.Account), subscriber.Account.HistoryAt ?? now);
            var steps = past.Select(evt => new SandboxStep(TimeSpan.Zero, evt)).ToList();
            var account = await network.Change(subscriber, before => Linked(before, phone, now), steps);
            attempt.Device.Hear(new EngineEvent.CredentialsChanged(Credentials(account)));
            attempt.Device.Hear(new EngineEvent.Linked(phone, account.Lid, account.PushName));
            attempt.Device.Drop(515, null);
        }
        catch (StorageUnavailableException)
        {
            attempt.Device.Drop(503, null);
        }
    }

    private SandboxAccount Linked(SandboxAccount before, string phone, DateTimeOffset now) => before with
    {
        Phone = phone,
        Lid = SandboxPeople.Lid(phone),
        PushName = SandboxPeople.Name(dice, phone),
        Links = before.Links + 1,
        DeviceKey = dice.Bytes("device", before.Number, $"{before.Links + 1}"),
        HistoryAt = before.HistoryAt ?? now,
    };

    private static IReadOnlyList<CredentialEntry> Credentials(SandboxAccount account) =>
    [
        new(DeviceKey, account.DeviceKey),
        new("account", JsonSerializer.SerializeToUtf8Bytes(new { version = 1, phone = account.Phone, lid = account.Lid })),
    ];

    private async Task<string> OwnPhone(string number)
    {
        for (var attempt = 0; ; attempt++)
        {
            var phone = SandboxPeople.OwnPhone(dice, number, attempt);
            if (await network.Record.NumberOf(phone) is not { } taken || taken == number)
            {
                return phone;
            }
        }
    }

    private string Qr(string number, string name) =>
        $"loopwave-sandbox:{number},{Convert.ToBase64String(dice.Bytes("qr", number, name))}";

    private string Code(string number, string name) =>
        string.Concat(dice.Bytes("code", number, name).Take(8).Select(b => CodeAlphabet[b % CodeAlphabet.Length]));
}
