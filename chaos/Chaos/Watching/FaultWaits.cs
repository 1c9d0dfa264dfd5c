namespace Loopwave.Chaos.Watching;

/// <summary>How long callers waited while a fault lasted, and until numbers could move on purpose; each by the API node that was asked first, from 0.</summary>
/// <param name="OtherSends">
/// Sends for numbers of silos that were not struck, begun while the fault lasted, or under way when it struck.
/// </param>
/// <param name="OtherInjections">Messages that were written to such numbers of the sandbox, likewise.</param>
/// <param name="Reads">Whatever was looked at, likewise, of any number: it comes out of storage, and needs no silo of its own.</param>
/// <param name="StruckSends">Sends for numbers of struck silos, until looking ends: numbers that are back must also be reached.</param>
/// <param name="StruckSendsOnceReady">The same, but only from when the number was ready under another owner.</param>
/// <param name="WithoutStorage">
/// Every attempt that was begun while no silo had storage, or just before, until shortly before it came back, by what it was, status and code; null of a
/// fault that leaves storage to them.
/// </param>
/// <param name="OnceBack">
/// Sends that were not accepted when storage was back, and those begun after that, until looking ends: each from then, or from its first attempt. None after a fault
/// that leaves storage to them.
/// </param>
internal sealed record FaultWaits(
    IReadOnlyDictionary<int, AskedTimes> OtherSends,
    IReadOnlyDictionary<int, AskedTimes> OtherInjections,
    IReadOnlyDictionary<int, AskedTimes> Reads,
    IReadOnlyDictionary<int, AskedTimes> StruckSends,
    IReadOnlyDictionary<int, AskedTimes> StruckSendsOnceReady,
    IReadOnlyDictionary<string, AnswersOfKind>? WithoutStorage,
    IReadOnlyDictionary<int, AskedTimes> OnceBack)
{
    // What somebody has waited for longer than this when a fault strikes was held up by something else.
    private static readonly TimeSpan UnderWay = TimeSpan.FromSeconds(1);

    // Of what is begun so shortly before storage is back much is answered out of it, with all that waited for that.
    private static readonly TimeSpan AlmostBack = TimeSpan.FromSeconds(5);

    /// <param name="over">When numbers may begin to move on purpose.</param>
    /// <param name="until">When looking ends.</param>
    /// <param name="struck">The numbers of the struck silos.</param>
    public static FaultWaits Of(
        FaultRecord fault, DateTimeOffset over, DateTimeOffset until, IReadOnlySet<string> struck, IReadOnlyDictionary<string, Timeline> timelines, AllAsked all)
    {
        var struckSends = all.Sends.Where(send => struck.Contains(send.Number) && IsAbout(send) && IsBefore(send)).ToList();
        return new(
            ByNode(Meanwhile(all.Sends).Where(send => !struck.Contains(send.Number)), FromFirst),
            ByNode(Meanwhile(all.Injections).Where(injection => !struck.Contains(injection.Number)), FromFirst),
            ByNode(Meanwhile(all.Reads), FromFirst),
            ByNode(struckSends, FromFirst),
            ByNode(struckSends.Where(send => send.Done is null || FromReady(send) is not null), send => FromReady(send) ?? default),
            fault.TakesStorage ? Answers() : null,
            ByNode(all.Sends.Where(send => fault.TakesStorage && IsOpenAtBack(send) && send.First < until && IsBefore(send)), FromBack));

        Dictionary<string, AnswersOfKind> Answers() => all.Attempts
            .SelectMany(kind => kind.Value.Between(fault.At - UnderWay, fault.BackAt - AlmostBack), (kind, answer) => KeyValuePair.Create($"{kind.Key} {answer.Key}", answer.Value)).ToDictionary();

        IEnumerable<Asked> Meanwhile(IEnumerable<Asked> some) => some.Where(one => IsAbout(one) && one.First <= over);

        bool IsAbout(Asked one) => one.First >= fault.At - UnderWay && (one.Done is not { } done || done >= fault.At);

        // What was never accepted and began before this fault belongs to another one.
        bool IsOpenAtBack(Asked send) => send.Done is { } done ? done >= fault.BackAt : send.First >= fault.At - UnderWay;

        TimeSpan FromBack(Asked send) => (send.Done ?? send.First) - Later(send.First, fault.BackAt);

        // What had just begun when looking ended belongs to the next fault.
        bool IsBefore(Asked one) => one.First < until - UnderWay || one.Done < until;

        // What was done before the number was ready had to wait for nobody.
        TimeSpan? FromReady(Asked send) =>
            timelines[send.Number].ReadyAfter(fault.At) is { } back && timelines[send.Number].ReadyFrom(Later(back, send.First)) is { } ready
                ? Later(send.Done ?? ready, ready) - ready
                : null;
    }

    private static TimeSpan FromFirst(Asked one) => (one.Done ?? one.First) - one.First;

    private static Dictionary<int, AskedTimes> ByNode(IEnumerable<Asked> some, Func<Asked, TimeSpan> time) =>
        some.GroupBy(one => one.Node).OrderBy(node => node.Key).ToDictionary(
            node => node.Key, node => new AskedTimes(Spread.Of(node.Where(one => one.Done is not null).Select(time)), node.Count(one => one.Done is null)));

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
