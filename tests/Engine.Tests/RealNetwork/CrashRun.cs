using System.Collections.Concurrent;
using System.Globalization;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>
/// How large a run is. The seed decides the moments; silos with their hosts, hosts and connections are killed
/// <paramref name="Kills"/> times each, silos without their hosts half as often.
/// </summary>
internal sealed record CrashPlan(int Seed, int Numbers, int Out, int In, int Kills)
{
    /// <summary>Whether the network delivers a message once more that comes again under its id, or only acknowledges it.</summary>
    public bool SwallowsRepeats => Seed % 2 == 0;

    /// <summary>Whether most kills wait until the numbers are back from the one before. The others come three blows at a time.</summary>
    public bool WaitsForNumbers => Seed % 3 != 0;
}

/// <summary>A number of a run with its phone, and the chats that it has: one with each person, and one with a group of two of them.</summary>
internal sealed record CrashLine(string Number, string Phone, IReadOnlyList<CrashChat> Persons, CrashChat Group)
{
    public IReadOnlyList<CrashChat> Chats => [.. Persons, Group];

    /// <summary>With one person each whose phone is off until everything else is done.</summary>
    public List<CrashChat> Away { get; } = [];
}

/// <summary>Writes and is written to over the real protocol while silos, engine hosts and connections are killed.</summary>
internal sealed partial class CrashRun(CrashPlan plan, Deployment deployment) : IAsyncDisposable
{
    private const int PersonsPerNumber = 3;

    // Of the texts to one person, each way, every so manyth cannot be read at first.
    private const int UnreadableEvery = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Random _random = new(plan.Seed);
    private readonly List<CrashLine> _lines = [];
    private readonly ConcurrentDictionary<string, (string Jid, string Lid)> _addresses = [];
    private readonly ConcurrentDictionary<string, string> _phones = [];
    private readonly ConcurrentBag<string> _saidIds = [];
    private readonly SemaphoreSlim _swap = new(1, 1);
    private readonly Pace _pace = new(Patience);

    public static async Task<CrashRun> Start(CrashPlan plan)
    {
        var deployment = new Deployment { Settings = { ["ENGINE_HOSTS"] = "2" } };
        await deployment.InitializeAsync();
        return new CrashRun(plan, deployment);
    }

    public ValueTask DisposeAsync()
    {
        _pace.Dispose();
        _swap.Dispose();
        return deployment.DisposeAsync();
    }

    public async Task Play()
    {
        for (var n = 0; n < plan.Numbers; n++)
        {
            _lines.Add(await NewLine(n));
        }

        await deployment.WhatsApp.Fault(new { kind = "swallow-repeats", on = plan.SwallowsRepeats });
        var written = CrashMix.Deal(CrashMix.Out, plan.Numbers, plan.Out / plan.Numbers, _random);
        var said = CrashMix.Deal(CrashMix.In, plan.Numbers, plan.In / plan.Numbers, _random);
        TestContext.Current.SendDiagnosticMessage("seed {0}: out {1}; in {2}", plan.Seed, Counts(written), Counts(said));
        await Task.WhenAll(
        [
            .. _lines.Select((line, i) => Write(line, written[i], new Random(_random.Next()))),
            .. _lines.Select((line, i) => Say(line, said[i], new Random(_random.Next()))),
            Strike(),
        ]);
        await ComeBack();
        await Settled();
        await Compare();
        await CompareNetwork();
    }

    private async Task<CrashLine> NewLine(int n)
    {
        var (number, phone) = await deployment.LinkedNumber();
        await Know(phone);
        var persons = new List<string>();
        for (var p = 0; p < PersonsPerNumber; p++)
        {
            persons.Add(await deployment.Person());
            await Know(persons[p]);
        }

        string[] members = [persons[0], persons[1]];
        var group = await deployment.WhatsApp.Group(members[0], $"Group {n}", phone, members[1]);
        return new CrashLine(number, phone, [.. persons.Select(person => new CrashChat(person, [person]))], new CrashChat(group, members));
    }

    // Everybody has two addresses, and is met under either.
    private async Task Know(string phone)
    {
        var account = await deployment.WhatsApp.Account(phone);
        var (jid, lid) = _addresses[phone] = (Deployment.Text(account["jid"]), Deployment.Text(account["lid"]));
        _phones[CrashWords.User(jid)] = _phones[CrashWords.User(lid)] = phone;
    }

    private static string Counts(IEnumerable<IReadOnlyList<CrashDeed>> dealt) =>
        string.Join(", ", dealt.SelectMany(deeds => deeds).CountBy(deed => deed).OrderBy(count => count.Key).Select(count => $"{count.Value} {count.Key}"));

    /// <summary>
    /// A message for the caller alone to change or to answer, in any chat of a line; a new one when there is none, of which the
    /// caller says how it comes about.
    /// </summary>
    private static async Task<(CrashChat Chat, CrashNote Note)> Target(
        IReadOnlyList<CrashChat> chats, Func<CrashNote, bool> fits, Random random, Func<CrashChat, Task<CrashNote>> another)
    {
        var inTurn = chats.ToArray();
        random.Shuffle(inTurn);
        foreach (var chat in inTurn)
        {
            if (chat.Claim(fits, random) is { } note)
            {
                return (chat, note);
            }
        }

        return (inTurn[0], await another(inTurn[0]));
    }

    /// <summary>Something small that is no file of its kind: nothing on the way looks into it.</summary>
    private static byte[] NewFile(Random random)
    {
        var content = new byte[random.Next(1, 20_000)];
        random.NextBytes(content);
        return content;
    }

    private async Task<T> Answered<T>(Func<HttpClient, Task<T?>> ask, string what)
        where T : class
    {
        T? answer = null;
        await Done(async api => (answer = await ask(api)) is not null, what);
        return answer!;
    }

    /// <summary>Asks the product until it is so. A caller that gets no answer, or half of one, asks again.</summary>
    private Task Done(Func<HttpClient, Task<bool>> ask, string what) => Until(
        async () =>
        {
            await _swap.WaitAsync();
            var api = deployment.Api;
            _swap.Release();
            try
            {
                return await ask(api);
            }
            catch (Exception exception) when (exception is HttpRequestException or HttpIOException)
            {
                return false;
            }
        },
        what);

    private async Task Until(Func<Task<bool>> isSo, string what, Func<Task<string>>? details = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                var more = details is null ? "" : await details();
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"Seed {plan.Seed}: waited {Patience.TotalSeconds} s for {what}. {more}"));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
