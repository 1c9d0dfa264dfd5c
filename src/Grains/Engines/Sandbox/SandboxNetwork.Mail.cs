namespace Loopwave.Sandbox;

/// <summary>What the servers take in, keep and hand over.</summary>
internal sealed partial class SandboxNetwork
{
    /// <summary>Stores what happens to a number, now or after a while, and hands it over when it is due.</summary>
    public async Task Post(SandboxSubscriber subscriber, IReadOnlyList<SandboxStep> steps)
    {
        SandboxLetter[] letters;
        Task stored;
        lock (subscriber)
        {
            letters = Letters(steps);
            subscriber.Waiting += letters.Length;
            stored = record.Post([.. letters.Select(letter => letter.ToMail(subscriber.Number))]);
        }

        await Stored(subscriber, letters.Length, stored);
        Hand(subscriber, letters);
    }

    /// <summary>Changes the account; mail that comes with the change is stored in the same step.</summary>
    public async Task<SandboxAccount> Change(
        SandboxSubscriber subscriber, Func<SandboxAccount, SandboxAccount> change, IReadOnlyList<SandboxStep>? steps = null)
    {
        SandboxLetter[] letters;
        SandboxAccount account;
        Task stored;
        lock (subscriber)
        {
            letters = Letters(steps ?? []);
            subscriber.Waiting += letters.Length;
            subscriber.Account = account = change(subscriber.Account);
            stored = record.Save(account, [.. letters.Select(letter => letter.ToMail(subscriber.Number))]);
        }

        try
        {
            await Stored(subscriber, letters.Length, stored);
        }
        catch
        {
            // What memory holds is not what is stored; the next one to ask reads it again.
            subscriber.Loaded = false;
            throw;
        }

        Hand(subscriber, letters);
        return account;
    }

    /// <summary>A message of ours arrives. It is in the record when this returns.</summary>
    public async Task Receive(
        SandboxSubscriber subscriber, ISandboxDevice device, SandboxArrivalRow arrival, SandboxAnswer answer)
    {
        SandboxLetter[] first, repeat;
        Task<bool> receiving;
        lock (subscriber)
        {
            arrival = arrival with { Order = NextOrder() };
            first = Letters(answer.First ?? []);
            repeat = Letters(answer.Repeat ?? []);
            subscriber.Waiting += first.Length + repeat.Length;
            receiving = record.Receive(arrival, Mail(answer.First, first), Mail(answer.Repeat, repeat));
        }

        await Stored(subscriber, first.Length + repeat.Length, receiving);
        var isFirst = await receiving;
        var letters = isFirst ? first : repeat;
        lock (subscriber)
        {
            subscriber.Waiting -= isFirst ? repeat.Length : first.Length;
        }

        Hand(subscriber, letters);
        foreach (var act in isFirst ? answer.Acts : [])
        {
            Schedule(act.Delay, () => Act(subscriber, device, act));
        }

        IReadOnlyList<SandboxMail>? Mail(IReadOnlyList<SandboxStep>? steps, SandboxLetter[] numbered) =>
            steps is null ? null : [.. numbered.Select(letter => letter.ToMail(subscriber.Number))];
    }

    /// <summary>The number has these for good. What could not be written down waits again.</summary>
    public void Forget(SandboxSubscriber subscriber, IReadOnlyList<long> orders)
    {
        Task forgetting;
        lock (subscriber)
        {
            subscriber.Waiting -= orders.Count;
            forgetting = record.Forget(subscriber.Number, orders, Now);
        }

        Note(Stored(subscriber, -orders.Count, forgetting), "forget mail");
    }

    private SandboxLetter[] Letters(IReadOnlyList<SandboxStep> steps)
    {
        var now = Now;
        return [.. steps.Select(step => new SandboxLetter(NextOrder(), now, step.Delay, step.Event))];
    }

    private static async Task Stored(SandboxSubscriber subscriber, int letters, Task stored)
    {
        try
        {
            await stored;
        }
        catch
        {
            lock (subscriber)
            {
                subscriber.Waiting -= letters;
                subscriber.IsInDoubt = true;
            }

            throw;
        }
    }

    private void Hand(SandboxSubscriber subscriber, IReadOnlyList<SandboxLetter> letters)
    {
        ISandboxDevice? device;
        long cut;
        lock (subscriber)
        {
            (device, cut) = (subscriber.Device, subscriber.Cut);
        }

        if (device is not null)
        {
            Deliver(subscriber, device, [.. letters.Where(letter => letter.Order > cut)]);
        }
    }

    private IReadOnlyList<SandboxLetter> Due(
        SandboxSubscriber subscriber, ISandboxDevice device, IReadOnlyList<SandboxMail> mail)
    {
        var letters = mail.Select(item => SandboxLetter.From(item, Now)).ToLookup(letter => letter.Delay == TimeSpan.Zero);
        Deliver(subscriber, device, [.. letters[false]]);
        return [.. letters[true]];
    }

    private void Deliver(SandboxSubscriber subscriber, ISandboxDevice device, IReadOnlyList<SandboxLetter> letters)
    {
        var now = letters.TakeWhile(letter => letter.Delay == TimeSpan.Zero).ToList();
        if (now.Count > 0)
        {
            device.Take(now);
        }

        foreach (var letter in letters.Skip(now.Count))
        {
            Schedule(letter.Delay, () =>
            {
                if (subscriber.Device == device)
                {
                    device.Take([letter]);
                }
            });
        }
    }

    private static void Act(SandboxSubscriber subscriber, ISandboxDevice device, SandboxAct act)
    {
        if (subscriber.Device != device)
        {
            return;
        }

        switch (act)
        {
            case SandboxAct.Drop drop:
                device.Drop(drop.Code, drop.Until);
                break;
            case SandboxAct.Write write:
                device.See(write.Jid, write.Participant, write.State);
                break;
            case SandboxAct.Deafen:
                device.Deafen();
                break;
            default:
                throw new InvalidOperationException($"Unknown act {act}.");
        }
    }
}
