using System.Globalization;
using Loopwave.Chaos.Cluster;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>
/// What is promised to callers when something happens to a silo, or to storage. Some must have asked each API node: nothing is promised kept to nobody.
/// </summary>
internal static class AnswerPromise
{
    /// <summary>
    /// How long anything may take that is not struck, with all attempts, whichever API node is asked. One call that is lost with a silo fits in
    /// that is there and does not answer, and is given up when it has answered nothing for three to four seconds, and another attempt after the 2 seconds that
    /// its 503 names. A call that is waited for in vain until its 10 seconds are over does not, nor do two lost ones.
    /// </summary>
    public static readonly TimeSpan OthersWithin = TimeSpan.FromSeconds(10);

    /// <summary>The same where a silo was killed. What was under way over that one is waited for until its 10 seconds are over: nobody tells the client that it is lost.</summary>
    public static readonly TimeSpan OthersOfKilledWithin = TimeSpan.FromSeconds(15);

    /// <summary>How long it may take what was struck, with all attempts, once it is ready elsewhere or storage is back.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromSeconds(15);

    /// <summary>How long anybody waits for an answer, whatever it says, while no silo has storage.</summary>
    public static readonly TimeSpan WithoutStorage = TimeSpan.FromSeconds(5);

    private const int Enough = 10;

    // Of what is asked for much less often than sends.
    private const int EnoughOfFew = 3;

    /// <summary>Any API node answers for any number all the time.</summary>
    public static IEnumerable<Target> AnyNode(FaultEffect effect) => AnyNode(effect, OthersWithin);

    /// <inheritdoc cref="AnyNode(FaultEffect)"/>
    public static IEnumerable<Target> AnyNode(FaultEffect effect, TimeSpan within)
    {
        yield return Soon(effect, "sends for other numbers accepted", effect.Waits.OtherSends, within, Enough);
        yield return Soon(effect, "reads answered", effect.Waits.Reads, within, EnoughOfFew);
        if (effect.Kinds.ContainsKey(EngineKind.Sandbox))
        {
            yield return Soon(effect, "inbound messages of other numbers taken", effect.Waits.OtherInjections, within, EnoughOfFew);
        }
    }

    /// <summary>Numbers of a silo that is gone are reached through any API node as soon as they are ready elsewhere.</summary>
    public static Target Struck(FaultEffect effect) =>
        Soon(effect, "sends for its numbers accepted once these were ready elsewhere", effect.Waits.StruckSendsOnceReady, Within, Enough);

    /// <summary>Numbers of a silo that was asked to stop are reached all the time.</summary>
    public static Target HandedOver(FaultEffect effect) => Soon(effect, "sends for its numbers accepted", effect.Waits.StruckSends, Within, Enough);

    /// <summary>Nobody waits long for the answer that storage is away.</summary>
    /// <param name="mayPass">It may have been away for so short a time that nobody was told.</param>
    /// <exception cref="ArgumentException">It was not away.</exception>
    public static Target SaidSoon(FaultEffect effect, TimeSpan within, bool mayPass = false)
    {
        var answers = effect.Waits.WithoutStorage ?? throw new ArgumentException("Storage was not away.", nameof(effect));
        var isSaid = mayPass || answers.Keys.Any(answer => answer.Contains(" 503", StringComparison.Ordinal));
        return new(
            $"{effect.Fault.Name}: every answer meanwhile",
            answers.Count == 0 ? "none" : Said(answers) + (isSaid ? "" : ", but it takes a 503 to say something"),
            $"within {Seconds(within)}", isSaid && answers.Values.All(answer => answer.Longest <= within));
    }

    /// <summary>Storage is back: so are the numbers, by themselves, and callers notice.</summary>
    /// <exception cref="ArgumentException">It was not away.</exception>
    public static IEnumerable<Target> Back(FaultEffect effect)
    {
        var back = effect.Back ?? throw new ArgumentException("Storage was not away.", nameof(effect));
        foreach (var (kind, numbers) in back)
        {
            var within = Promise.ReadyWithin(kind);
            var missing = numbers.Missing > 0 ? $", {Number(numbers.Missing)} not connected in the end" : "";
            yield return new(
                $"{effect.Fault.Name}: all {kind} numbers ready once it was over",
                $"connected to stay within {Seconds(numbers.Connected)}, shown away for up to {Seconds(numbers.Shown)}{missing}", $"within {Seconds(within)}",
                numbers.Missing == 0 && numbers.Longest <= within);
        }

        yield return Soon(effect, "sends accepted once it was over", effect.Waits.OnceBack, Within, Enough);
    }

    /// <summary>Answers by kind, the most frequent first.</summary>
    public static string Said(IReadOnlyDictionary<string, AnswersOfKind> answers) => string.Join(
        "; ", answers.OrderByDescending(answer => answer.Value.Count).Select(answer => $"{answer.Key}: {Number(answer.Value.Count)} within {Seconds(answer.Value.Longest)}"));

    private static Target Soon(FaultEffect effect, string what, IReadOnlyDictionary<int, AskedTimes> times, TimeSpan within, int enough)
    {
        var nodes = Enumerable.Range(0, ChaosCluster.ApiNodes).Select(node => times.GetValueOrDefault(node) ?? new(null, 0)).ToList();
        var tooFew = nodes.All(node => node.Count >= enough) ? "" : $", but it takes {Number(enough)} at each to say something";
        return new(
            $"{effect.Fault.Name}: {what}",
            string.Join("; ", nodes.Select((node, i) => $"API node {Number(i + 1)} {node}")) + tooFew,
            $"within {Seconds(within)}", tooFew.Length == 0 && nodes.All(node => node.Never == 0 && (node.Taken is null || node.Taken.Longest <= within)));
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
