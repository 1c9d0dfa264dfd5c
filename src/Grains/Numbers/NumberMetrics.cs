using System.Diagnostics.Metrics;
using Loopwave.Telemetry;

namespace Loopwave.Numbers;

/// <summary>What befalls connections, counted. <c>docs/operations/metrics.md</c> says what each means to operators.</summary>
internal sealed class NumberMetrics
{
    private const string Other = "other";

    private static readonly EngineKind[] Engines = Enum.GetValues<EngineKind>();

    private readonly CounterFromZero<(EngineKind Engine, string Reason)> _disconnects;
    private readonly CounterFromZero<(EngineKind Engine, string Reason)> _reconnects;
    private readonly CounterFromZero<EngineKind> _deafHeals;
    private readonly CounterFromZero<(EngineKind Engine, SetAsideBecause Why)> _setAside;
    private readonly CounterFromZero<LeaseLoss> _leaseLosses;
    private readonly CounterFromZero<EngineKind> _notTaken;

    public NumberMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(TelemetryNames.Meter);
        _disconnects = new(
            meter, "loopwave_disconnects_total", "{disconnect}",
            "Connections of linked numbers that ended, or did not come about, by the reason that the number shows.",
            ByReason());
        _reconnects = new(
            meter, "loopwave_reconnects_total", "{reconnect}", "Linked numbers that are ready again, by the reason for which they last were not.", ByReason());
        _deafHeals = new(
            meter, "loopwave_deaf_heals_total", "{heal}",
            "Connections that looked open and answered nothing, and were closed and opened again.",
            Engines.Select(engine => (engine, new[] { MetricLabels.Engine(engine) })));
        _setAside = new(
            meter, "loopwave_events_set_aside_total", "{event}",
            "Events of the network that could not be read, or not be taken, and were passed over. The log says what each was.",
            from engine in Engines
            from why in new[] { (SetAsideBecause.Unreadable, "unreadable"), (SetAsideBecause.Failed, "failed") }
            select ((engine, why.Item1), new[] { MetricLabels.Engine(engine), Reason(why.Item2) }));
        _leaseLosses = new(
            meter, "loopwave_lease_losses_total", "{lease}",
            "How often this silo lost the right to own numbers, and closed all connections.",
            [(LeaseLoss.Asleep, [Reason("asleep")]), (LeaseLoss.Revoked, [Reason("revoked")]), (LeaseLoss.NotRenewed, [Reason("not_renewed")])]);
        _notTaken = new(
            meter, "loopwave_numbers_not_taken_total", "{number}",
            "Numbers that are to be at work and that a sweep could not bring to a silo. One that stays away counts in each sweep.",
            Engines.Select(engine => (engine, new[] { MetricLabels.Engine(engine) })));
    }

    /// <summary>
    /// The reasons that are told apart. Some come from an engine as a text, and a label must not grow with what it says: any
    /// other one is <c>other</c>.
    /// </summary>
    internal static IReadOnlySet<string> Reasons { get; } = new HashSet<string>
    {
        "already_linked", "banned", "client_outdated", "connection_lost", "credentials_missing", "credentials_not_saved",
        "credentials_too_large", "credentials_unreadable", "deaf",
        "different_phone", "engine_failed", "engine_full", "engine_missing", "handshake_refused", "linked_devices_off", "locked",
        "node_missing", "node_too_old", "proxy_changed", "proxy_not_allowed", "proxy_refused", "proxy_unreachable", "replaced",
        "restart_required", "server_error", "server_unavailable", "temporarily_restricted", "timed_out", "unknown_error", "unlinked",
        "whatsapp_unreachable",
    };

    /// <summary>A step of a session that is stored.</summary>
    public void Moved(EngineKind engine, NumberSession from, NumberSession to)
    {
        if (LostConnection(from, to) is { Code: var lost })
        {
            _disconnects.Add((engine, Known(lost)));
            if (lost == DisconnectCause.Deaf.Code)
            {
                _deafHeals.Add(engine);
            }
        }
        else if (CameBack(from, to) is { Code: var reason })
        {
            _reconnects.Add((engine, Known(reason)));
        }
    }

    public void PassedOver(EngineKind engine, SetAsideBecause why) => _setAside.Add((engine, why));

    public void Lost(LeaseLoss why) => _leaseLosses.Add(why);

    public void NotTaken(EngineKind engine) => _notTaken.Add(engine);

    // A stop, a removal and a reconnect on command are no loss: they give no reason, or end in another state.
    private static Cause? LostConnection(NumberSession from, NumberSession to) =>
        from is { IsOpen: true, LogOutDue: null } && (from.Paired || to.Paired)
        && to.State is SessionState.Pending or SessionState.Waiting or SessionState.Held or SessionState.Restricted or SessionState.LoggedOut
            ? to.Reason
            : null;

    // It keeps the reason until it is ready. One that a person stopped or reconnected has none.
    private static Cause? CameBack(NumberSession from, NumberSession to) =>
        from is { Paired: true, LogOutDue: null, State: not SessionState.Ready } && to.CanSend ? from.Reason : null;

    private static string Known(string reason) => Reasons.Contains(reason) ? reason : Other;

    private static IEnumerable<((EngineKind, string), KeyValuePair<string, object?>[])> ByReason() =>
        from engine in Engines from reason in Reasons.Append(Other) select ((engine, reason), new[] { MetricLabels.Engine(engine), Reason(reason) });

    private static KeyValuePair<string, object?> Reason(string reason) => new(MetricLabels.Reason, reason);
}

/// <summary>Why an event was passed over.</summary>
internal enum SetAsideBecause
{
    Unreadable,
    Failed,
}
