using Loopwave.Deployment;
using Loopwave.Sandbox;

namespace Loopwave.Testing.Sandbox;

/// <summary>The record of the simulated network in lists, for tests that need no file. Can be made to fail.</summary>
public sealed class MemorySandboxRecord : ISandboxRecord
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SandboxAccount> _accounts = [];
    private readonly Dictionary<string, string> _numbers = [];
    private readonly Dictionary<(string Number, string Id, string Jid), (SandboxSent Sent, bool Answered)> _sent = [];
    private readonly SortedDictionary<long, (SandboxMail Mail, DateTimeOffset? AcknowledgedAt)> _mail = [];
    private readonly Dictionary<(string Number, string Id), DateTimeOffset> _reads = [];
    private readonly SortedDictionary<long, (SandboxConnectionRow Row, SandboxConnectionView View)> _connections = [];
    private readonly Dictionary<string, long> _newest = [];

    /// <summary>While set, every write fails as on a full disk.</summary>
    public bool IsFull { get; set; }

    /// <summary>While set, every write is done and nobody is told: it fails for whoever waits for it.</summary>
    public bool IsSilent { get; set; }

    /// <summary>While set, every connection that begins finds that others have passed its order.</summary>
    public bool IsAhead { get; set; }

    /// <summary>Whoever begins a connection is told after this.</summary>
    public Task Openings { get; set; } = Task.CompletedTask;

    public Task<SandboxOrders> Begin(DateTimeOffset at) => Do(() =>
    {
        var highest = _sent.Values.SelectMany(entry => entry.Sent.Repeats.Append(entry.Sent.First)).Select(arrival => arrival.Order)
            .Concat(_mail.Keys)
            .Concat(_connections.Values.SelectMany(entry => new[] { entry.View.Id, entry.View.EndOrder ?? 0 }))
            .DefaultIfEmpty()
            .Max() + 1;
        foreach (var (id, entry) in _connections.Where(entry => entry.Value.View.To is null).ToList())
        {
            _connections[id] = entry with { View = entry.View with { To = at, EndOrder = highest, End = "process" } };
        }

        return new SandboxOrders(highest);
    });

    public Task<SandboxStored> Load(string number) =>
        Do(() => new SandboxStored(_accounts.GetValueOrDefault(number), Unacknowledged(number).Count()));

    public Task<IReadOnlyList<SandboxMail>> Waiting(string number) => Do<IReadOnlyList<SandboxMail>>(() =>
        [.. Unacknowledged(number).OrderBy(mail => mail.DueAt).ThenBy(mail => mail.Order)]);

    public Task<string?> NumberOf(string phone) =>
        Do(() => _numbers.GetValueOrDefault(phone) is { } number && _accounts[number].Phone == phone ? number : null);

    public Task Save(SandboxAccount account, IReadOnlyList<SandboxMail> mail) => Write(() =>
    {
        _accounts[account.Number] = account;
        _numbers[account.Phone ?? ""] = account.Number;
        Add(mail);
    });

    public Task Post(IReadOnlyList<SandboxMail> mail) => Write(() => Add(mail));

    public Task<bool> Receive(
        SandboxArrivalRow arrival, IReadOnlyList<SandboxMail>? first, IReadOnlyList<SandboxMail>? repeat) => Write(() =>
    {
        var key = (arrival.Number, arrival.WhatsAppId, arrival.Jid);
        var place = new SandboxArrival(arrival.Order, arrival.Connection, arrival.Epoch, arrival.At, arrival.Hash);
        var entry = _sent.TryGetValue(key, out var known)
            ? (Sent: known.Sent with { Count = known.Sent.Count + 1, Repeats = [.. known.Sent.Repeats, place] }, known.Answered)
            : (Sent: New(arrival, place), Answered: false);
        var isFirst = first is not null && !entry.Answered;
        Add((entry.Answered ? repeat : first) ?? []);
        _sent[key] = (entry.Sent, entry.Answered || isFirst);
        return isFirst;
    });

    public Task Forget(string number, IReadOnlyList<long> orders, DateTimeOffset at) => Write(() =>
    {
        foreach (var order in orders.Where(_mail.ContainsKey))
        {
            if (_mail[order].Mail.WhatsAppId is null)
            {
                _mail.Remove(order);
            }
            else
            {
                _mail[order] = (_mail[order].Mail, _mail[order].AcknowledgedAt ?? at);
            }
        }
    });

    public Task MarkRead(string number, IReadOnlyList<string> whatsAppIds, DateTimeOffset at) => Write(() =>
    {
        foreach (var id in whatsAppIds)
        {
            _reads.TryAdd((number, id), at);
        }
    });

    public async Task<SandboxOpening> Opened(SandboxConnectionRow connection)
    {
        var opening = Write(() =>
        {
            var newest = _newest.GetValueOrDefault(connection.Number);
            if (IsAhead || newest > connection.Id)
            {
                return IsAhead ? SandboxOpening.Behind : SandboxOpening.Replaced;
            }

            End(newest, connection.Id, connection.At, "replaced");
            _newest[connection.Number] = connection.Id;
            _connections.Add(connection.Id, (connection, new(connection.Id, connection.Epoch, connection.Host, connection.At, null, null, null)));
            return SandboxOpening.Stands;
        });
        await Openings;
        return await opening;
    }

    public Task Ended(string number, long connection, long order, DateTimeOffset at, string how) =>
        Write(() => End(connection, order, at, how));

    public Task<IReadOnlyList<SandboxSent>> Sent(string number, string? chat, long after, int limit) =>
        Do<IReadOnlyList<SandboxSent>>(() =>
        [
            .. _sent.Where(entry => entry.Key.Number == number && (chat is null || entry.Value.Sent.Chat == chat))
                .Select(entry => entry.Value.Sent)
                .Where(sent => sent.First.Order > after)
                .OrderBy(sent => sent.First.Order)
                .Take(limit),
        ]);

    public Task<IReadOnlyList<SandboxInbound>> Inbound(string number, long after, int limit) =>
        Do<IReadOnlyList<SandboxInbound>>(() =>
        [
            .. _mail.Values.Where(entry => entry.Mail.Number == number && entry.Mail.WhatsAppId is not null && entry.Mail.Order > after)
                .Take(limit)
                .Select(entry => new SandboxInbound(
                    entry.Mail.WhatsAppId!, entry.Mail.Jid!, entry.Mail.Order, entry.Mail.At, entry.AcknowledgedAt,
                    _reads.TryGetValue((number, entry.Mail.WhatsAppId!), out var read) ? read : null)),
        ]);

    public Task<IReadOnlyList<SandboxConnectionView>> Connections(string number, long after, int limit) =>
        Do<IReadOnlyList<SandboxConnectionView>>(() =>
        [
            .. _connections.Values.Where(entry => entry.Row.Number == number && entry.Row.Id > after)
                .Take(limit)
                .Select(entry => entry.View),
        ]);

    public Task Prune(DateTimeOffset before) => Write(() =>
    {
        foreach (var order in _mail.Where(entry => entry.Value.AcknowledgedAt < before).Select(entry => entry.Key).ToList())
        {
            _mail.Remove(order);
        }

        foreach (var key in _sent.Where(entry => entry.Value.Sent.First.At < before).Select(entry => entry.Key).ToList())
        {
            _sent.Remove(key);
        }

        foreach (var id in _connections.Where(entry => entry.Value.View.To < before).Select(entry => entry.Key).ToList())
        {
            _connections.Remove(id);
        }
    });

    private static SandboxSent New(SandboxArrivalRow arrival, SandboxArrival place) => new()
    {
        WhatsAppId = arrival.WhatsAppId,
        Jid = arrival.Jid,
        Chat = arrival.Chat,
        Kind = arrival.Kind,
        Text = arrival.Text,
        First = place,
        Count = 1,
    };

    private IEnumerable<SandboxMail> Unacknowledged(string number) => _mail.Values
        .Where(entry => entry.Mail.Number == number && entry.AcknowledgedAt is null)
        .Select(entry => entry.Mail);

    private void End(long connection, long order, DateTimeOffset at, string how)
    {
        if (_connections.TryGetValue(connection, out var entry) && entry.View.To is null)
        {
            _connections[connection] = entry with { View = entry.View with { To = at, EndOrder = order, End = how } };
        }
    }

    private void Add(IReadOnlyList<SandboxMail> mail)
    {
        foreach (var item in mail)
        {
            _mail.Add(item.Order, (item, null));
        }
    }

    private Task Write(Action write) => Write(() =>
    {
        write();
        return true;
    });

    private Task<T> Write<T>(Func<T> write)
    {
        if (IsFull)
        {
            return Task.FromException<T>(new StorageUnavailableException("The disk is full."));
        }

        var done = Do(write);
        return IsSilent ? Task.FromException<T>(new StorageUnavailableException("The disk did not answer.")) : done;
    }

    private Task<T> Do<T>(Func<T> act)
    {
        lock (_gate)
        {
            return Task.FromResult(act());
        }
    }
}
