using Loopwave.Processes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What is killed, and when.</summary>
internal sealed partial class CrashRun
{
    private int _betweenOut;
    private int _betweenIn;

    private enum Kill
    {
        /// <summary>The silo, and with it its hosts.</summary>
        Silo,
        Host,
        Connections,
    }

    // As many messages go before each kill as after the last one. Half of the kills come at a moment of the callers, the others
    // at one of the wire. Three of four find all numbers back and nothing left over, the others find numbers that are still on
    // their way: never two in a row, so that none is hit at each of its four hand-overs.
    private async Task Strike()
    {
        var kills = Enum.GetValues<Kill>().SelectMany(kill => Enumerable.Repeat(kill, plan.Kills)).ToArray();
        _random.Shuffle(kills);
        var (written, said) = (plan.Out / plan.Numbers * plan.Numbers / (kills.Length + 1), plan.In / plan.Numbers * plan.Numbers / (kills.Length + 1));
        var isSecondBlow = false;
        foreach (var kill in kills)
        {
            var onWire = await OnWire();
            await _pace.Open(written, said, moment: _random.Next(1, written + said + 1));
            if (plan.WaitsForNumbers && _random.Next(2) > 0)
            {
                onWire += _random.Next(1, written + 1);
                await Until(async () => await OnWire() >= onWire, "the next moment to kill");
            }

            var struck = TimeProvider.System.GetUtcNow();
            await Do(kill);
            isSecondBlow = plan.WaitsForNumbers && !isSecondBlow && _random.Next(4) == 0;
            if (plan.WaitsForNumbers && !isSecondBlow)
            {
                await AllBack(since: struck);
            }
        }

        await _pace.Open(plan.Out - (written * kills.Length), plan.In - (said * kills.Length), moment: 1);
        TestContext.Current.SendDiagnosticMessage(
            "seed {0}: of {1} kills {2} came between messages on their way out, {3} between messages on their way in", plan.Seed, kills.Length, _betweenOut, _betweenIn);
    }

    private async Task<int> OnWire() => (await deployment.WhatsApp.Record())["sent"]!.AsArray().Count;

    /// <summary>Tells what a kill that has just been done came between.</summary>
    private async Task Tell(Kill kill)
    {
        var record = await deployment.WhatsApp.Record();
        var written = _accepted.Values.Sum(texts => texts.Count) - record["sent"]!.AsArray().Count;
        var receipted = record["delivered"]!.AsArray().Where(one => one!["receiptedAt"] is not null).Select(one => Deployment.Text(one!["id"])).ToHashSet();
        var said = _saidIds.Count(id => !receipted.Contains(id));
        _betweenOut += written > 0 ? 1 : 0;
        _betweenIn += said > 0 ? 1 : 0;
        TestContext.Current.SendDiagnosticMessage(
            "seed {0}: killed {1} after {2} messages; {3} not on the wire yet, {4} not receipted", plan.Seed, kill, _pace.Done, written, said);
    }

    // A number shows that it is ready for as long as nobody has told it that its connection is gone.
    private async Task AllBack(DateTimeOffset since)
    {
        foreach (var (number, _, _) in _lines)
        {
            await deployment.Number(number, view =>
                Deployment.Text(view["status"]) == "ready" && view["since"]!.GetValue<DateTimeOffset>() >= since && view["counters"]!["queued"]!.GetValue<int>() == 0);
        }
    }

    private async Task Do(Kill kill)
    {
        switch (kill)
        {
            case Kill.Silo:
                await _swap.WaitAsync();
                try
                {
                    await deployment.Process.Kill();
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
                await Until(() => Task.FromResult((hosts = deployment.Process.Children()).Count > 0), "a host to kill");
                foreach (var host in hosts)
                {
                    LoopwaveProcess.KillOther(host);
                }

                await Tell(kill);
                break;
            case Kill.Connections:
                await deployment.WhatsApp.DropAll();
                await Tell(kill);
                break;
        }
    }
}
