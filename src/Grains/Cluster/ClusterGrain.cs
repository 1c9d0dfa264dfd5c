using Loopwave.Deployment;
using Loopwave.Numbers;
using Orleans.Concurrency;
using Orleans.Runtime.Placement;

namespace Loopwave.Cluster;

[Reentrant]
internal sealed class ClusterGrain(
    ISiloStore silos, IOwnershipStore ownership, NumberEngines engines, SiloChoice choice, ClientVersion version, TimeProvider clock) : Grain, IClusterGrain
{
    private static readonly TimeSpan NodeTimeToLive = TimeSpan.FromSeconds(45);

    private readonly Dictionary<string, (ApiNodeView Node, long At)> _nodes = [];

    public async Task<ClusterView> Get()
    {
        var (budget, alarms) = (Budget(), Alarms());
        var outbox = silos.Outbox();
        var reports = await silos.Reports();
        return new ClusterView(
            [.. reports.Select(report => report.View())],
            ApiNodes(),
            reports.SelectMany(report => report.Numbers).GroupBy(numbers => numbers.Key, numbers => numbers.Value)
                .ToDictionary(numbers => numbers.Key, numbers => numbers.Sum()),
            reports.Sum(report => report.Queued),
            await budget,
            await outbox,
            await alarms);
    }

    // It is looked at most when something is wrong: what does not answer must not hide the rest.
    private async Task<ConnectBudgetView?> Budget()
    {
        try
        {
            return await GrainFactory.GetGrain<IConnectBudgetGrain>(nameof(EngineKind.WhatsApp)).Get();
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<AlarmView>> Alarms()
    {
        try
        {
            return await version.RefusedSince() is { } since ? [new AlarmView(AlarmCodes.ClientOutdated, ClientVersion.Problem, since)] : [];
        }
        catch (Exception exception) when (exception is StorageUnavailableException or TimeoutException or OrleansException)
        {
            return [];
        }
    }

    public async Task<Outcome<SiloView>> Drain(string silo, bool drain)
    {
        var reports = await silos.Reports();
        if (reports.FirstOrDefault(report => report.Silo == silo) is not { } found)
        {
            return NoSuchSilo();
        }

        if (drain && !reports.Any(report => report.Silo != silo && report.State is SiloState.Active))
        {
            return new Refusal(RefusalCode.Conflict, "No other silo could take its numbers. Start another one first.");
        }

        if (!drain && found.IsStopping)
        {
            return new Refusal(RefusalCode.Conflict, "The silo is about to end, which cannot be called off.");
        }

        await silos.Drain(silo, drain);
        return found.View() with { State = drain ? SiloState.Draining : SiloState.Active };
    }

    public async Task<Outcome<NumberHome>> Find(string number) => await engines.Of(number) is null
        ? UnknownNumber()
        : new NumberHome(number, await Home(number));

    public async Task<Outcome<NumberHome>> Move(string number, string? silo)
    {
        if (await engines.Of(number) is null)
        {
            return UnknownNumber();
        }

        var reports = await silos.Reports();
        if (silo is not null && reports.All(report => report.Silo != silo))
        {
            return NoSuchSilo();
        }

        var home = await Home(number);
        var takers = reports.Where(report => report.State is SiloState.Active).Select(report => SiloAddress.FromParsableString(report.Silo)).ToList();
        var target = silo is not null ? takers.Find(taker => taker.ToParsableString() == silo) : choice.Least(takers.Where(taker => taker.ToParsableString() != home));
        if (target is null)
        {
            return new Refusal(RefusalCode.Conflict, silo is null ? "There is no other silo that takes numbers." : "That silo is draining.");
        }

        // A number that is at none yet begins there.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, target);
        await GrainFactory.GetGrain<INumberPlace>(number).Leave(null, target);
        return new NumberHome(number, target.ToParsableString());
    }

    public Task ReportApiNode(ApiNodeView node)
    {
        // One of an older release knows of no alarms.
        _nodes[node.Name] = (node with { Alarms = node.Alarms ?? [] }, clock.GetTimestamp());
        return Task.CompletedTask;
    }

    public Task ForgetApiNode(string name)
    {
        _nodes.Remove(name);
        return Task.CompletedTask;
    }

    private ApiNodeView[] ApiNodes()
    {
        foreach (var (name, known) in _nodes.ToList())
        {
            if (clock.GetElapsedTime(known.At) > NodeTimeToLive)
            {
                _nodes.Remove(name);
            }
        }

        return [.. _nodes.Values.Select(known => known.Node).OrderBy(node => node.Name, StringComparer.Ordinal)];
    }

    private async Task<string?> Home(string number) => await ownership.Owner(number) is { } owner ? SiloLease.SiloOf(owner) : null;

    private static Refusal UnknownNumber() => new(RefusalCode.UnknownNumber, "There is no number with this id.");

    private static Refusal NoSuchSilo() => new(RefusalCode.NotFound, "There is no such silo.");
}
