using Loopwave.Chats;
using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Sql;

/// <summary>
/// Each read looks at little more than it gives, or than one page may look at, where there is far more: what it wants is the
/// oldest, or behind what others have, so that whoever goes through an index in the order of the list meets everything else first.
/// </summary>
public abstract class ReadCostTests : IAsyncDisposable
{
    private const int Many = 10 * ListBounds.MostExamined;
    private const int Others = 30_000;
    private const int Numbers = 20_000;
    private const int AtOnce = 2000;
    private const int Few = 60;

    // The end of the stretch is looked for, and then the stretch.
    private const int Stretch = (2 * ListBounds.MostExamined) + (2 * Few);

    private static readonly PageRequest s_changed = new(UpdatedAfter: new DateTimeOffset(1, TimeSpan.Zero));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private protected abstract ISqlDatabase Database { get; }

    private protected abstract ReadCosts Costs { get; }

    private StorePorts Ports => SqlPorts.On(Costs, TimeProvider.System);

    /// <summary>Makes the planner know what is there.</summary>
    protected abstract Task Learn();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task Each_read_looks_at_little_more_than_it_gives()
    {
        await Fill();
        var problems = new List<string>();
        foreach (var (name, rows, _, read) in Reads())
        {
            if (await Costs.Problem(read, rows) is { } problem)
            {
                problems.Add($"{name}\n{problem}");
            }
        }

        Assert.True(problems.Count == 0, string.Join("\n\n", problems));
    }

    [Fact]
    public async Task A_read_whose_index_is_gone_is_noticed()
    {
        await Fill();
        var unnoticed = new List<string>();
        foreach (var (name, rows, index, read) in Reads().Where(read => read.Index is not null))
        {
            Costs.Without = index;
            if (await Costs.Problem(read, rows) is null)
            {
                unnoticed.Add($"{name} without {index}");
            }
        }

        Assert.True(unnoticed.Count == 0, string.Join('\n', unnoticed));
    }

    /// <summary>What is read, how many rows it may look at, and the index that it cannot do without.</summary>
    private IEnumerable<(string Name, int Rows, string? Index, Func<Task> Read)> Reads()
    {
        yield return ("chats", Few, "chat_activity", () => Chats(new ChatFilter()));
        yield return ("chats that changed", Few, "chat_updated", () => Chats(new ChatFilter(), page: s_changed));
        yield return ("chats of a number", Few, "chat_number_activity", () => Chats(new ChatFilter(Number: "nmany")));
        yield return ("chats of a number with few", Few, null, () => Chats(new ChatFilter(Number: "nfew")));
        yield return ("chats of a number that changed", Few, "chat_number_updated", () => Chats(new ChatFilter(Number: "nmany"), page: s_changed));
        yield return ("chats of several numbers", 3 * Few, "chat_number_activity", () => Chats(new ChatFilter(), new Access(Numbers: ["nfew", "nmany"])));
        yield return ("chats of more numbers than one query has", 8 * Few, "chat_number_activity", () => Chats(
            new ChatFilter(), new Access(Numbers: [.. Enumerable.Range(0, ListBounds.MostAtOnce).Select(i => $"nreal{i + 1}"), "nmany"])));
        yield return ("chats of many simulated numbers", 2 * Stretch, "chat_activity", () => Chats(new ChatFilter(), new Access(SandboxOnly: true)));
        yield return ("chats of simulated numbers that are named", 2 * Few, null, () => Chats(
            new ChatFilter(), new Access(SandboxOnly: true, Numbers: ["nsim1", "nreal1"])));
        yield return ("unread chats", Few, "chat_unread", () => Chats(new ChatFilter(Unread: true)));
        yield return ("unread chats of a number", Few, "chat_number_unread", () => Chats(new ChatFilter(Number: "nmany", Unread: true)));
        yield return ("open chats", Stretch, "chat_activity", () => Chats(new ChatFilter(ChatStatus.Open)));
        yield return ("open chats of a number", Stretch, "chat_number_activity", () => Chats(new ChatFilter(ChatStatus.Open, Number: "nmany")));
        yield return ("a search", Stretch, "chat_activity", () => Chats(new ChatFilter(Search: "zebra")));
        yield return ("a search in a number", Stretch, "chat_number_activity", () => Chats(new ChatFilter(Number: "nmany", Search: "zebra")));
        yield return ("a search in several numbers", Stretch, "chat_number_activity", () => Chats(
            new ChatFilter(Search: "zebra"), new Access(Numbers: ["nmany", "nfew"])));
        yield return ("a search in what changed", Stretch, "chat_number_updated", () => Chats(
            new ChatFilter(ChatStatus.Open, Unread: true, Number: "nmany", Search: "zebra"), page: s_changed));
        yield return ("the chat of a person", Few, "chat_party", () => Ports.Chats.Find("nmany", ["pmany1"]));
        yield return ("all chats of a person", Few, "chat_party", () => Ports.Chats.FindAnywhere("pfew1"));
        yield return ("a chat and what was merged into it", Few, "chat_root", () => Ports.Chats.WithMerged("cfew1"));

        yield return ("messages", Few, null, () => Ports.Messages.List(["cfew1"], new PageRequest()));
        yield return ("messages of a long chat", Few, "message_chat", () => Ports.Messages.List(["cmany1"], new PageRequest()));
        yield return ("messages that changed", Few, "message_chat_updated", () => Ports.Messages.List(["cmany1"], s_changed));
        yield return ("messages of merged chats", 3 * Few, "message_chat", () => Ports.Messages.List(["cmany1", "cfew1"], new PageRequest()));
        yield return ("the oldest message", Few, "message_chat", () => Ports.Messages.Oldest(["cmany1"]));
        yield return ("the newest from others", Few, "message_chat_inbound", () => Ports.Messages.NewestInbound(["cmany1"], 10));
        yield return ("messages by their network id", Few, "message_identity", () => Ports.Messages.FindByWhatsAppId("nmany", ["A7", "A8"]));

        yield return ("numbers", 4 * Few, "number_created", () => Ports.Numbers.List(new NumberQuery(null, new PageRequest(), Access.All)));
        yield return ("numbers that changed", 4 * Few, "number_updated", () => Ports.Numbers.List(new NumberQuery(null, s_changed, Access.All)));
        yield return ("numbers that are named", 4 * Few, null, () => Ports.Numbers.List(
            new NumberQuery(NumberStatus.Ready, new PageRequest(), new Access(Numbers: ["nfew", "nsim1"]))));
        yield return ("numbers of a status", 4 * Few, null, () => Ports.Numbers.List(new NumberQuery(NumberStatus.LoggedOut, new PageRequest(), Access.All)));
        yield return ("numbers of a status that changed", 4 * Few, null, () => Ports.Numbers.List(new NumberQuery(NumberStatus.LoggedOut, s_changed, Access.All)));
        yield return ("simulated numbers", 4 * Few, null, () => Ports.Numbers.List(
            new NumberQuery(null, new PageRequest(), new Access(SandboxOnly: true))));
        yield return ("simulated numbers that changed", 4 * Few, "number_sandbox_updated", () => Ports.Numbers.List(
            new NumberQuery(null, s_changed, new Access(SandboxOnly: true))));
        yield return ("ready numbers", 4 * Stretch, null, () => Ports.Numbers.List(new NumberQuery(NumberStatus.Ready, new PageRequest(), Access.All)));
        yield return ("disconnected numbers", 4 * Stretch, null, () => Ports.Numbers.List(
            new NumberQuery(NumberStatus.Disconnected, new PageRequest(), Access.All)));
        yield return ("the first ready number", Few, "number_ready", () => Ports.Numbers.FirstReady(Access.All));
        yield return ("the first ready simulated number", Few, null, () => Ports.Numbers.FirstReady(new Access(SandboxOnly: true)));
        yield return ("the first ready of those named", 2 * Few, null, () => Ports.Numbers.FirstReady(new Access(Numbers: ["nfew", "nsim1"])));
        yield return ("a linked phone", Few, "number_phone", () => Ports.Numbers.LinkedElsewhere("n", EngineKind.WhatsApp, "49151"));
        yield return ("started numbers of a shard", Few, null, () => Ports.Numbers.Started(NumberRange.OfShard(7), Stop).ToListAsync(Stop).AsTask());

        yield return ("how many numbers a silo has left behind", Few, "number_owner_owner", () => Ports.Ownership.Owned("b"));

        yield return ("a queue", Few, null, () => Ports.Numbers.Queue("nfew", 0, 10));
        yield return ("a contact", Few, "contact_party", () => Ports.Contacts.Find(["pfew1"]));
        yield return ("files to make room of", Few, "media_used", () => Ports.Media.Evictable(10));
        yield return ("the outbox", Few, null, () => Ports.Silos.Outbox());
    }

    private Task Chats(ChatFilter filter, Access? access = null, PageRequest? page = null) =>
        Ports.Chats.List(new ChatQuery(filter, page ?? new PageRequest(), access ?? Access.All));

    private async Task Fill()
    {
        var chat = ("@chat", (object?)StorageJson.Write(Sample.Chat("n")));
        var message = ("@message", (object?)StorageJson.Write(Sample.Message(Sample.Chat("n"))));
        var number = ("@number", (object?)StorageJson.Write(Sample.Number()));
        var contact = ("@contact", (object?)StorageJson.Write(Sample.Contact("p")));
        const string Number = "INSERT INTO number (id, engine, desired, status, removed, linked_phone, created_at, updated_at, body)";
        const string Owner = "INSERT INTO number_owner (number, owner, epoch, sequence)";
        const string Chat = "INSERT INTO chat (id, number, party, root, merged, status, unread, activity, updated_at, search, body)";
        const string Message = "INSERT INTO message (id, number, chat, sender, from_me, whatsapp_id, timestamp, updated_at, body)";
        foreach (var (into, rows, values, body) in new[]
        {
            (Number, Numbers, "'nreal' || i, 'whats_app', 'stopped', 'disconnected', 0, NULL, 1000 + i, 1000 + i, @number", number),
            (Number, Numbers, "'nsim' || i, 'sandbox', 'started', 'ready', 0, NULL, 40000 + i, 40000 + i, @number", number),
            (Number, 1, "'nready', 'whats_app', 'started', 'ready', 0, NULL, 90000, 90000, @number", number),
            (Number, 1, "'nfew', 'whats_app', 'started', 'logged_out', 0, '49151', 90000, 90000, @number", number),
            (Owner, Numbers, "'nreal' || i, 'a', 1, 1", number),
            (Owner, Numbers, "'nsim' || i, 'a', 1, 1", number),
            (Owner, 1, "'nready', 'a', 1, 1", number),
            (Owner, 1, "'nfew', 'a', 1, 1", number),
            (Owner, 3, "'nleft' || i, 'b/1', 1, 1", number),
            ("INSERT INTO silo_lease (incarnation, expires_at, revoked)", 1, "'b/1', 0, 0", number),
            (Chat, Others, "'cother' || i, 'nother', 'pother' || i, 'cother' || i, 0, 'resolved', CASE WHEN i > 20000 THEN 0 ELSE 1 END, 200000 + i, i, 'amina', @chat", chat),
            (Chat, Many, "'cmany' || i, 'nmany', 'pmany' || i, 'cmany' || i, 0, 'resolved', 0, 1000 + i, 90000 - i, 'amina', @chat", chat),
            (Chat, 3, "'cold' || i, 'nmany', 'pold' || i, 'cold' || i, 0, 'open', 1, i, 100000 + i, 'zebra', @chat", chat),
            (Chat, 3, "'cfew' || i, 'nfew', 'pfew' || i, 'cfew' || i, 0, 'open', 1, i, 100000 + i, 'zebra', @chat", chat),
            (Chat, 3, "'csim' || i, 'nsim' || i, 'psim' || i, 'csim' || i, 0, 'resolved', 0, i, 100000 + i, 'amina', @chat", chat),
            (Chat, Numbers, "'cgone' || i, 'nfew', 'pgone' || i, 'cmany' || i, 1, 'resolved', 0, 1000 + i, 90000 - i, 'amina', @chat", chat),
            (Message, Many, "'mmany' || i, 'nmany', 'cmany1', '', 1, 'A' || i, 1000 + i, 90000 - i, @message", message),
            (Message, 3, "'mold' || i, 'nmany', 'cmany1', 'p', 0, 'B' || i, i, 100000 + i, @message", message),
            (Message, 3, "'mfew' || i, 'nfew', 'cfew1', 'p', 0, 'B' || i, i, 100000 + i, @message", message),
            ("INSERT INTO contact (id, party, merged, version, created_at, body)", Numbers, "'k' || i, 'pmany' || i, 0, 1, i, @contact", contact),
            ("INSERT INTO contact (id, party, merged, version, created_at, body)", 1, "'kfew', 'pfew1', 0, 1, i, @contact", contact),
            ("INSERT INTO send_queue (number, sequence, body)", Numbers, "'nmany', i, @number", number),
            ("INSERT INTO media (id, state, size, refetchable, used_at, body)", Numbers, "'f' || i, 'ready', 1, 0, i, @number", number),
            ("INSERT INTO outbox (id, number, sequence, event, body, at)", Numbers, "'e' || i, 'nmany', i, 'message.created', '', i", number),
        })
        {
            for (var from = 1L; from <= rows; from += AtOnce)
            {
                await Database.Run(new Unit([new Statement(
                    $"""
                    {into} WITH RECURSIVE counted (i) AS (SELECT CAST(@from AS bigint) UNION ALL SELECT i + 1 FROM counted WHERE i < @to)
                    SELECT {values} FROM counted
                    """,
                    [("@from", from), ("@to", Math.Min(rows, from + AtOnce - 1)), .. values.Contains('@') ? [body] : Array.Empty<(string, object?)>()])]));
            }
        }

        await Ports.Ownership.Register("a", TimeSpan.FromHours(1));
        await Learn();
    }
}
