using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Loopwave.Processes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What is killed, and when.</summary>
internal sealed partial class CrashRun
{
    private int _betweenOut;
    private int _betweenIn;
    private int _apart;

    private enum Kill
    {
        /// <summary>The silo. Its hosts notice, and end by themselves.</summary>
        Silo,

        /// <summary>The silo and its hosts at one moment.</summary>
        SiloWithHosts,

        /// <summary>One of two hosts: the numbers of the other one must not notice.</summary>
        Host,
        Connections,
    }

    // As many messages go before each kill as after the last one. Half of the kills come at a moment of the callers, the others at one
    // of the wire. After some blows all numbers are to be back and nothing left over. Never after more than three: a message that was hit
    // at each of its four hand-overs is given up, and says so.
    private async Task Strike()
    {
        var kills = Enumerable.Range(plan.Seed, plan.Kills)
            .SelectMany<int, Kill>(n => n % 2 == 0
                ? [Kill.SiloWithHosts, Kill.Host, Kill.Connections, Kill.Silo]
                : [Kill.SiloWithHosts, Kill.Host, Kill.Connections]).ToArray();
        _random.Shuffle(kills);
        var (written, said) = (plan.Out / plan.Numbers * plan.Numbers / (kills.Length + 1), plan.In / plan.Numbers * plan.Numbers / (kills.Length + 1));
        var blows = 0;
        IReadOnlyDictionary<string, DateTimeOffset>? atRest = await AllBack(since: default);
        foreach (var kill in kills)
        {
            await WriteUnanswered(areConnected: atRest is not null);
            var onWire = await OnWire();
            await _pace.Open(written, said, moment: _random.Next(1, written + said + 1));
            if (plan.WaitsForNumbers && _random.Next(2) > 0)
            {
                // One of twenty says that something is read, which is no message on the wire.
                onWire += _random.Next(1, (written * 3 / 4) + 1);
                await Until(async () => await OnWire() >= onWire, "the next moment to kill");
            }

            var struck = TimeProvider.System.GetUtcNow();
            var lost = await Do(kill);
            _apart += lost > 0 && lost < _lines.Count ? 1 : 0;
            blows++;
            if (blows == (plan.WaitsForNumbers ? 2 : 3) || (plan.WaitsForNumbers && _random.Next(4) > 0))
            {
                blows = 0;
                var before = atRest;
                atRest = await AllBack(struck, lost);
                NoticedByNoOther(before, atRest, lost);
            }
            else
            {
                atRest = null;
            }
        }

        await _pace.Open(plan.Out - (written * kills.Length), plan.In - (said * kills.Length), moment: 1);
        TestContext.Current.SendDiagnosticMessage(
            "seed {0}: of {1} kills {2} came between messages on their way out, {3} between messages on their way in; {4} ended a host that had some of the numbers",
            plan.Seed, kills.Length, _betweenOut, _betweenIn, _apart);

        // A kill that finds everything done proves nothing. Long runs have five of six and more; a short one is over too soon for much.
        Assert.InRange(Math.Min(_betweenOut, _betweenIn), Math.Max(0, (kills.Length * 2 / 3) - 2), kills.Length);
        Assert.True(_betweenOut > 0, "No kill came between messages on their way out.");
        Assert.True(_apart > 0, "No kill ended a host whose numbers were not all there are.");
    }

    // So many numbers have another connection than before as the host had.
    private void NoticedByNoOther(IReadOnlyDictionary<string, DateTimeOffset>? before, IReadOnlyDictionary<string, DateTimeOffset> after, int? lost)
    {
        if (lost is { } count && before is not null)
        {
            Assert.Equal(count, after.Count(number => number.Value != before[number.Key]));
        }
    }

    private async Task<int> OnWire() => (await Sent()).Count;

    private async Task<JsonArray> Sent() => (await deployment.WhatsApp.Record())["sent"]!.AsArray();

    /// <summary>Tells what a kill that has just been done came between.</summary>
    private async Task Tell(Kill kill)
    {
        var record = await deployment.WhatsApp.Record();
        var written = Chats.Sum(one => one.Chat.Said.Count) - record["sent"]!.AsArray().Count;
        var receipted = record["delivered"]!.AsArray().Where(one => one!["receiptedAt"] is not null).Select(one => Deployment.Text(one!["id"])).ToHashSet();
        var said = _saidIds.Count(id => !receipted.Contains(id));
        _betweenOut += written > 0 ? 1 : 0;
        _betweenIn += said > 0 ? 1 : 0;
        TestContext.Current.SendDiagnosticMessage(
            "seed {0}: killed {1} after {2} messages; {3} not on the wire yet, {4} not receipted", plan.Seed, kill, _pace.Done, written, said);
    }

    /// <summary>Waits until all numbers are ready and have nothing left to send; since when each of them is.</summary>
    /// <param name="since">
    /// When the last kill was: a number shows that it is ready for as long as nobody has told it that its connection is gone.
    /// </param>
    /// <param name="lost">How many numbers it concerned; null is all.</param>
    private async Task<IReadOnlyDictionary<string, DateTimeOffset>> AllBack(DateTimeOffset since, int? lost = null)
    {
        Dictionary<string, DateTimeOffset> ready = [];
        await Until(
            async () =>
            {
                ready = [];
                await AnswerLate();
                foreach (var (number, _, _, _) in _lines)
                {
                    var view = await deployment.Get($"/api/v1/numbers/{number}");
                    if (Deployment.Text(view["status"]) == "ready" && view["counters"]!["queued"]!.GetValue<int>() == 0)
                    {
                        ready[number] = view["since"]!.GetValue<DateTimeOffset>();
                    }
                }

                return ready.Count == _lines.Count && ready.Values.Count(at => at >= since) >= (lost ?? _lines.Count);
            },
            "the numbers to come back");
        return ready;
    }

    /// <summary>How many numbers lost their connection; null is all of them.</summary>
    private async Task<int?> Do(Kill kill)
    {
        switch (kill)
        {
            case Kill.Silo or Kill.SiloWithHosts:
                await _swap.WaitAsync();
                try
                {
                    await (kill is Kill.Silo ? deployment.Process.Kill() : deployment.Process.KillAll());
                    await Tell(kill);
                    await deployment.Start();
                }
                finally
                {
                    _swap.Release();
                }

                break;
            case Kill.Host:
                // The one before may have been killed a moment ago: then its successor is waited for.
                IReadOnlyList<int> hosts = [];
                await Until(() => Task.FromResult((hosts = Hosts()).Count > 0), "a host to kill");
                var ended = Ended().Count;
                LoopwaveProcess.KillOther(hosts[_random.Next(hosts.Count)]);
                await Tell(kill);
                await Until(() => Task.FromResult(Ended().Count > ended), "the silo to notice that a host is gone");
                return int.Parse(Ended()[ended].Groups[1].Value, CultureInfo.InvariantCulture);
            case Kill.Connections:
                await deployment.WhatsApp.DropAll();
                await Tell(kill);
                break;
        }

        return null;
    }

    // Not every child is one: before the first host the silo asks Node for its version.
    private IReadOnlyList<int> Hosts()
    {
        var started = HostStarted().Matches(deployment.Process.Output).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        return [.. deployment.Process.Children().Intersect(started)];
    }

    private MatchCollection Ended() => HostEnded().Matches(deployment.Process.Output);

    [GeneratedRegex("""Engine host \{Host\} started as process \{Process\}[^\n]*"Process":([0-9]+)""")]
    private static partial Regex HostStarted();

    [GeneratedRegex("""Engine host \{Host\} ended; \{Count\} numbers lost their connection[^\n]*"Count":([0-9]+)""")]
    private static partial Regex HostEnded();
}
