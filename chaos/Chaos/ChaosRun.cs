using System.Globalization;
using Loopwave.Chaos.Cluster;
using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Scenarios;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos;

/// <summary>One run: a cluster of real processes, its numbers, the load, what happens meanwhile, and the judgement.</summary>
internal sealed class ChaosRun(ChaosPlan plan, IScenario scenario, Action<string> say, CancellationToken stop)
{
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly Answers _quiet = new();
    private readonly Answers _sends = new();
    private readonly Answers _injections = new();
    private readonly Answers _reads = new();
    private readonly Ownership _ownership = new();
    private readonly Recovery _recovery = new(say, TimeProvider.System, stop);

    public async Task<RunReport> Play()
    {
        await using var cluster = await ChaosCluster.Start(plan, say, _clock);
        try
        {
            return await Play(cluster);
        }
        finally
        {
            if (plan.Logs is { } folder)
            {
                cluster.KeepLogs(folder);
            }
        }
    }

    private async Task<RunReport> Play(ChaosCluster cluster)
    {
        var api = new ApiCaller(cluster.Nodes, _quiet, _clock, stop);
        var maker = new NumberMaker(api, cluster.WhatsApp, plan, say, _clock);
        var lines = await maker.Make();
        var conversations = maker.Converse(lines);
        await using var owners = new OwnershipWatch(cluster.Database, _ownership, _clock);
        await using var memory = new MemoryWatch(cluster.Processes, _clock);
        owners.Begin();
        memory.Begin();
        var stage = new FaultStage(cluster, cluster.Attendance, api, _ownership, _recovery, lines, say, _clock, stop);
        if (!await stage.AllReady())
        {
            throw new TimeoutException("Not all numbers became ready before the run.");
        }

        say($"all {lines.Count} numbers are ready: {string.Join(", ", _ownership.Now().Select(silo => $"{silo.Value} at {silo.Key}"))}");
        var traffic = new Traffic(
            Caller(_sends), Caller(_injections), Caller(_reads), _sends, _reads, cluster.WhatsApp, conversations, plan, _clock);
        var began = _clock.GetUtcNow();
        await Load(traffic, async () =>
        {
            await stage.Pass(plan.Calm);
            await scenario.Play(stage);
        });
        var ended = _clock.GetUtcNow();
        say($"{traffic.Accepted} accepted, {traffic.Spoken} inbound; waiting until everything has come to rest");
        var reader = new EvidenceReader(api, cluster.WhatsApp, conversations, began, _clock);
        await Rest(api, stage, reader, traffic, lines);
        var evidence = await reader.Read();
        await cluster.Attendance.Check();
        return await Report(cluster, stage, traffic, reader, evidence, memory, began, ended);

        ApiCaller Caller(Answers answers) => new(cluster.Nodes, answers, _clock, stop) { OnlyUnavailable = plan.OnlyUnavailable };
    }

    private async Task Load(Traffic traffic, Func<Task> play)
    {
        using var end = new CancellationTokenSource();
        var load = traffic.Run(end.Token);
        try
        {
            await play();
        }
        finally
        {
            await end.CancelAsync();
            await load;
        }
    }

    /// <summary>All numbers ready, all queues empty, everything stored; and all that once more after another connect.</summary>
    private async Task Rest(ApiCaller api, FaultStage stage, EvidenceReader reader, Traffic traffic, IReadOnlyList<Line> lines)
    {
        await Rest(api, stage, reader, traffic, after: default);

        // An acknowledgement that a network lost brings the message again on the next connection, and must change nothing.
        var asked = _clock.GetUtcNow();
        await Parallel.ForEachAsync(lines, stop, async (line, _) => await api.Post($"/api/v1/numbers/{line.Id}/reconnect", null));
        await Rest(api, stage, reader, traffic, asked);
    }

    // All of it in one time.
    private async Task Rest(ApiCaller api, FaultStage stage, EvidenceReader reader, Traffic traffic, DateTimeOffset after)
    {
        var began = _recovery.Begin();
        await stage.AllReady(began, after);
        await _recovery.Until(
            began, async () => (await api.List("/api/v1/numbers")).All(number => number["counters"]!["queued"]!.GetValue<int>() == 0), "the queues to be empty");
        await _recovery.Until(began, async () => await reader.CountInbound() >= traffic.Spoken, "everything that was written to be stored");
    }

    private async Task<RunReport> Report(
        ChaosCluster cluster, FaultStage stage, Traffic traffic, EvidenceReader reader, Evidence evidence, MemoryWatch memory, DateTimeOffset began, DateTimeOffset ended)
    {
        var ledger = LedgerCheck.Judge(traffic.Claims, evidence, stage.CutOffs);
        var connections = evidence.Connections.ToLookup(connection => connection.Number);
        var asked = new AllAsked(_sends.Asked, _injections.Asked, _reads.Asked)
        {
            SendsPerSecond = plan.SendsPerSecond,
            InjectionsPerSecond = plan.InjectionsPerSecond,
            Attempts = new Dictionary<string, AnswerTimes> { ["sends"] = _sends.Attempts, ["inbound"] = _injections.Attempts, ["reads"] = _reads.Attempts },
        };
        var effects = stage.Records.Select((fault, i) => FaultEffect.Of(
            fault, i + 1 < stage.Records.Count ? stage.Records[i + 1].At : ended, _ownership, reader.Timelines, connections, asked)).ToList();
        var judged = MemoryCheck.Judge(memory.Readings, MemoryCheck.KindsOf(plan), began, ended);
        List<Violation> violations =
        [
            .. ledger.Violations,
            .. _recovery.Late,
            .. TooLittle(ledger.Accepted + ledger.Spoken, ended - began),
            .. judged.Select(kind => kind.Violation).OfType<Violation>(),
            .. cluster.Attendance.Complaints.Select(complaint => new Violation("process", complaint)),
            .. WrongAnswers(_sends), .. WrongAnswers(_injections), .. WrongAnswers(_reads), .. WrongAnswers(_quiet),
            .. cluster.WhatsApp is null ? [] : (await cluster.WhatsApp.Problems()).Select(problem => new Violation("protocol", problem!.ToJsonString())),
        ];
        return new(
            plan, ended - began, effects, [.. scenario.Targets(effects)], ledger, _sends, _injections, _reads, traffic.LeftOut, memory.Readings, judged, violations);
    }

    // A load that was mostly left out shows nothing.
    private IEnumerable<Violation> TooLittle(int done, TimeSpan loaded)
    {
        var due = (plan.SendsPerSecond + plan.InboundPerSecond) * loaded.TotalSeconds;
        return done < due / 2 ? [new("load", string.Create(CultureInfo.InvariantCulture, $"{done} messages came through, of {due:0} that were due"))] : [];
    }

    private static IEnumerable<Violation> WrongAnswers(Answers answers) =>
        answers.Wrong.Samples.Select(sample => new Violation("API", sample))
            .Concat(answers.Wrong.Count > answers.Wrong.Samples.Count ? [new("API", $"{answers.Wrong.Count} wrong answers in all")] : []);
}
