using System.Collections.Concurrent;
using System.Globalization;
using Loopwave.Deployment;

namespace Loopwave.Sandbox;

/// <summary>Plays customers, phones and servers on demand: what <see cref="ISandboxGrain"/> offers, for any sandbox number.</summary>
internal sealed class SandboxControl(
    SandboxNetwork network,
    SandboxLinking linking,
    SandboxHistoryBook history,
    SandboxScribe scribe,
    SandboxDice dice,
    SandboxAgenda agenda,
    TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, SandboxTrafficRun> _traffic = new();

    public Task<Outcome<SandboxView>> Get(string number) => Guarded(async () => View(await network.Find(number)));

    public Task<Outcome<SandboxInjected>> Inject(string number, SandboxMessage message) => Guarded<SandboxInjected>(async () =>
    {
        if (SandboxInput.Check(message) is { } wrong)
        {
            return Invalid(wrong);
        }

        var subscriber = await network.Find(number);
        if (subscriber.Account.DeviceKey is null)
        {
            return NotLinked;
        }

        if (subscriber.Waiting >= network.Options.MaxWaiting)
        {
            return new Refusal(RefusalCode.QueueFull, "Too much waits for this number to be acknowledged.", TimeSpan.FromSeconds(5));
        }

        var id = message.WhatsAppId
            ?? dice.MessageId("inject", number, network.NextOrder().ToString(CultureInfo.InvariantCulture));
        await network.Post(subscriber, [.. scribe.Steps(number, message, id, network.Now, TimeSpan.Zero)]);
        return new SandboxInjected(id, scribe.Write(number, message, id, network.Now).Jid);
    });

    public Task<Outcome<SandboxView>> Type(string number, SandboxWriter writer) => Guarded<SandboxView>(async () =>
    {
        if (SandboxInput.Check(writer) is { } wrong)
        {
            return Invalid(wrong);
        }

        var subscriber = await network.Find(number);
        if (subscriber.Device is not { } device)
        {
            return new Refusal(RefusalCode.NoReadySession, "The number has no connection.");
        }

        var person = SandboxScribe.JidOf(writer.From);
        device.See(writer.Group ?? person, writer.Group is null ? null : person, writer.State);
        return View(subscriber);
    });

    public Task<Outcome<SandboxView>> Disconnect(string number, int code, DateTimeOffset? until) => Guarded<SandboxView>(async () =>
    {
        if (SandboxInput.CheckCode(code) is { } wrong)
        {
            return Invalid(wrong);
        }

        var subscriber = await network.Find(number);
        if ((subscriber.Device ?? subscriber.Link?.Device) is not { } device)
        {
            return new Refusal(RefusalCode.NoReadySession, "The number has no connection.");
        }

        device.Drop(code, until);
        return View(subscriber);
    });

    public Task<Outcome<SandboxView>> SetFaults(string number, SandboxFaults faults) => Guarded<SandboxView>(async () =>
    {
        if (SandboxInput.Check(faults) is { } wrong)
        {
            return Invalid(wrong);
        }

        var subscriber = await network.Find(number);
        await network.Change(subscriber, account => account with { Faults = faults });
        if (faults.Deaf)
        {
            subscriber.Device?.Deafen();
        }

        return View(subscriber);
    });

    public Task<Outcome<SandboxView>> Scan(string number, SandboxScan scan) => Guarded<SandboxView>(async () =>
    {
        if (SandboxInput.Check(scan) is { } wrong)
        {
            return Invalid(wrong);
        }

        var phone = scan.Phone;
        if (scan.PhoneOf is { } other && (phone = (await network.Record.Load(other)).Account?.Phone) is null)
        {
            return Invalid("phoneOf names a number that was never linked.");
        }

        var subscriber = await network.Find(number);
        return subscriber.Link is { } attempt && linking.Scan(subscriber, attempt, phone)
            ? View(subscriber)
            : new Refusal(RefusalCode.NotLinking, "There is no code on screen.");
    });

    public Task<Outcome<SandboxView>> SetAutoLink(string number, bool? on) => Guarded(async () =>
    {
        var subscriber = await network.Find(number);
        await network.Change(subscriber, account => account with { AutoLink = on });
        return View(subscriber);
    });

    public Task<Outcome<SandboxView>> Unlink(string number) => Guarded<SandboxView>(async () =>
    {
        var subscriber = await network.Find(number);
        if (subscriber.Account.DeviceKey is null)
        {
            return NotLinked;
        }

        await network.Change(subscriber, account => account with { DeviceKey = null });
        subscriber.Device?.Drop(401, null);
        return View(subscriber);
    });

    public Task<Outcome<SandboxView>> SetTraffic(string number, SandboxTraffic traffic) => Guarded<SandboxView>(async () =>
    {
        if (SandboxInput.Check(traffic) is { } wrong)
        {
            return Invalid(wrong);
        }

        var subscriber = await network.Find(number);
        if (subscriber.Account.DeviceKey is null)
        {
            return NotLinked;
        }

        var run = new SandboxTrafficRun(network, agenda, scribe, dice, clock, subscriber, traffic);
        _traffic.AddOrUpdate(number, run, (_, before) =>
        {
            before.Stop();
            return run;
        });
        run.Go();
        return View(subscriber);
    });

    public Task<Outcome<SandboxView>> BuildHistory(string number, SandboxHistory past) => Guarded<SandboxView>(async () =>
    {
        if (SandboxInput.Check(past) is { } wrong)
        {
            return Invalid(wrong);
        }

        var subscriber = await network.Find(number);
        var end = subscriber.Account.HistoryAt ?? network.Now;
        var told = subscriber.Account.DeviceKey is null ? [] : history.AtLinking(number, past, end);
        await network.Change(
            subscriber,
            account => account with { History = past, HistoryAt = end },
            [.. told.Select(evt => new SandboxStep(TimeSpan.Zero, evt))]);
        return View(subscriber);
    });

    public Task<Outcome<Page<SandboxSent>>> Sent(string number, string? chat, PageRequest page) =>
        Page(page, sent => sent.First.Order, (after, limit) =>
            network.Record.Sent(number, chat is null ? null : SandboxPeople.Chat(SandboxScribe.JidOf(chat)), after, limit));

    public Task<Outcome<Page<SandboxInbound>>> Inbound(string number, PageRequest page) =>
        Page(page, inbound => inbound.Order, (after, limit) => network.Record.Inbound(number, after, limit));

    public Task<Outcome<Page<SandboxConnectionView>>> Connections(string number, PageRequest page) =>
        Page(page, connection => connection.Id, (after, limit) => network.Record.Connections(number, after, limit));

    private static Refusal NotLinked => new(RefusalCode.NoReadySession, "No device of this number is linked.");

    private static Refusal Invalid(string why) => new(RefusalCode.InvalidInput, why);

    private static Task<Outcome<Page<T>>> Page<T>(
        PageRequest page, Func<T, long> order, Func<long, int, Task<IReadOnlyList<T>>> read) => Guarded<Page<T>>(async () =>
    {
        if (page.Limit is < 1 or > 200 || page.UpdatedAfter is not null)
        {
            return Invalid("limit must be from 1 to 200, and these lists know no updatedAfter.");
        }

        var after = 0L;
        if (page.Cursor is { } cursor && !long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            return new Refusal(RefusalCode.InvalidCursor, "This cursor does not belong to this list.");
        }

        var rows = await read(after, page.Limit + 1);
        var data = rows.Take(page.Limit).ToList();
        return new Page<T>(data, rows.Count > page.Limit ? order(data[^1]).ToString(CultureInfo.InvariantCulture) : null);
    });

    /// <summary>Says as a refusal that storage cannot be had now.</summary>
    public static async Task<Outcome<T>> Guarded<T>(Func<Task<Outcome<T>>> act)
    {
        try
        {
            return await act();
        }
        catch (StorageUnavailableException e)
        {
            return new Refusal(RefusalCode.StorageUnavailable, e.Message, TimeSpan.FromSeconds(5));
        }
    }

    private static Task<Outcome<SandboxView>> Guarded(Func<Task<SandboxView>> act) => Guarded<SandboxView>(async () => await act());

    private SandboxView View(SandboxSubscriber subscriber)
    {
        var account = subscriber.Account;
        return new()
        {
            Linked = account.DeviceKey is not null,
            Phone = account.Phone,
            Lid = account.Lid,
            Connected = subscriber.Device is not null || subscriber.Link is not null,
            Linking = subscriber.Link is { Scanned: false },
            Waiting = subscriber.Waiting,
            AutoLink = account.AutoLink,
            Faults = account.Faults,
            Traffic = _traffic.TryGetValue(subscriber.Number, out var run) && !run.IsOver ? run.Traffic : null,
            History = network.Past(account),
            Typing = subscriber.Typing,
        };
    }
}
