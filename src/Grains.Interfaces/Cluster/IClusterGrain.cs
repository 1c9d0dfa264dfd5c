using Loopwave.Numbers;

namespace Loopwave.Cluster;

/// <summary>The whole cluster, for its operators. One grain, key 0.</summary>
[Alias("loopwave.cluster")]
public interface IClusterGrain : IGrainWithIntegerKey
{
    /// <summary>What the silos told of themselves in the last seconds, put together.</summary>
    [Alias("get")]
    Task<ClusterView> Get();

    /// <summary>
    /// Lets a silo hand its numbers over to the others, one after the other, and take no new ones; it begins within 5 seconds.
    /// <paramref name="drain"/> false lets it take numbers again. Refused with <see cref="RefusalCode.NotFound"/> when there is
    /// no such silo, with <see cref="RefusalCode.Conflict"/> when no other one could take its numbers.
    /// </summary>
    [Alias("drain")]
    Task<Outcome<SiloView>> Drain(string silo, bool drain);

    /// <summary>
    /// Where a number lives. Refused with <see cref="RefusalCode.UnknownNumber"/>.
    /// </summary>
    [Alias("find")]
    Task<Outcome<NumberHome>> Find(string number);

    /// <summary>
    /// Lets a number go on at another silo: it closes its connection, and opens it there when the connect budget lets it. A null
    /// <paramref name="silo"/> is the one with the fewest numbers. Returns at once with the silo that it goes to. Refused with
    /// <see cref="RefusalCode.UnknownNumber"/>, with <see cref="RefusalCode.NotFound"/> when there is no such silo, with
    /// <see cref="RefusalCode.Conflict"/> when that silo is draining, or there is no other one.
    /// </summary>
    [Alias("move")]
    Task<Outcome<NumberHome>> Move(string number, string? silo);

    /// <summary>An API node says that it is there; it counts as gone after three quarters of a minute without.</summary>
    [Alias("report-api-node")]
    Task ReportApiNode(ApiNodeView node);

    /// <summary>An API node says that it ends.</summary>
    [Alias("forget-api-node")]
    Task ForgetApiNode(string name);
}

/// <summary>The cluster at one moment, at most some seconds old.</summary>
/// <param name="Numbers">How many numbers are at work, by what they show; stopped ones that nobody asked for are not.</param>
/// <param name="Queued">Messages that wait to be sent.</param>
/// <param name="ConnectBudget">Null when it does not answer at the moment.</param>
/// <param name="Alarms">What is wrong with the cluster as a whole; what is wrong with one process is said there.</param>
[GenerateSerializer, Immutable, Alias("loopwave.cluster-view")]
public sealed record ClusterView(
    [property: Id(0)] IReadOnlyList<SiloView> Silos,
    [property: Id(1)] IReadOnlyList<ApiNodeView> ApiNodes,
    [property: Id(2)] IReadOnlyDictionary<NumberStatus, int> Numbers,
    [property: Id(3)] int Queued,
    [property: Id(4)] ConnectBudgetView? ConnectBudget,
    [property: Id(5)] OutboxView Outbox,
    [property: Id(6)] IReadOnlyList<AlarmView> Alarms);

/// <summary>One silo.</summary>
/// <param name="Id">Its address with the time of its start: another one after a restart.</param>
/// <param name="Name">The machine and the port.</param>
/// <param name="Numbers">How many numbers are at work here, by what they show.</param>
/// <param name="Queued">Messages of those numbers that wait to be sent.</param>
/// <param name="MemoryBytes">What the process uses, without its engine hosts.</param>
/// <param name="CpuCores">Cores that the process kept busy in the last seconds, without its engine hosts.</param>
/// <param name="Alarms">What is wrong with this silo alone.</param>
[GenerateSerializer, Immutable, Alias("loopwave.silo-view")]
public sealed record SiloView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Name,
    [property: Id(2)] SiloState State,
    [property: Id(3)] string Version,
    [property: Id(4)] DateTimeOffset StartedAt,
    [property: Id(5)] IReadOnlyDictionary<NumberStatus, int> Numbers,
    [property: Id(6)] int Queued,
    [property: Id(7)] long MemoryBytes,
    [property: Id(8)] double CpuCores,
    [property: Id(9)] IReadOnlyList<AlarmView> Alarms);

/// <summary>What a silo does with numbers.</summary>
[Alias("loopwave.silo-state")]
public enum SiloState
{
    Active,

    /// <summary>Hands its numbers over, and takes none.</summary>
    Draining,

    /// <summary>Has handed all of them over: it can be stopped.</summary>
    Drained,
}

/// <summary>A process that answers HTTP.</summary>
/// <param name="Alarms">What is wrong with this process alone; null from one of an older release.</param>
[GenerateSerializer, Immutable, Alias("loopwave.api-node-view")]
public sealed record ApiNodeView(
    [property: Id(0)] string Name,
    [property: Id(1)] string Version,
    [property: Id(2)] DateTimeOffset StartedAt,
    [property: Id(3)] IReadOnlyList<AlarmView>? Alarms = null);

/// <summary>Something that an operator has to mend; <c>docs/operations/cluster.md</c> says how.</summary>
/// <param name="Code">One of <see cref="AlarmCodes"/>.</param>
/// <param name="Message">What is wrong, and what to do, as a sentence.</param>
/// <param name="Since">When it was noticed.</param>
[GenerateSerializer, Immutable, Alias("loopwave.alarm-view")]
public sealed record AlarmView([property: Id(0)] string Code, [property: Id(1)] string Message, [property: Id(2)] DateTimeOffset Since);

/// <summary>What can be wrong.</summary>
public static class AlarmCodes
{
    /// <summary>WhatsApp refuses the version of the client, for all numbers of the cluster.</summary>
    public const string ClientOutdated = "client_outdated";

    /// <summary>The clock of a process and that of the database are too far apart.</summary>
    public const string ClockSkew = "clock_skew";

    /// <summary>A process is older than what keeps the data now.</summary>
    public const string NewerData = "newer_data";

    /// <summary>A process is set up for another cluster than the one whose database it uses.</summary>
    public const string WrongCluster = "wrong_cluster";
}

/// <summary>The connect budget of WhatsApp.</summary>
/// <param name="PerSecond">How many numbers may connect in a second; null when there is no limit.</param>
/// <param name="LastSecond">How many did in the last second.</param>
/// <param name="Waiting">How many are in line.</param>
[GenerateSerializer, Immutable, Alias("loopwave.connect-budget-view")]
public sealed record ConnectBudgetView(
    [property: Id(0)] double? PerSecond,
    [property: Id(1)] int LastSecond,
    [property: Id(2)] int Waiting);

/// <summary>Events that were committed and not yet delivered to webhooks.</summary>
/// <param name="Backlog">How many.</param>
/// <param name="OldestAt">When the oldest of them happened; null when there is none.</param>
[GenerateSerializer, Immutable, Alias("loopwave.outbox-view")]
public sealed record OutboxView([property: Id(0)] long Backlog, [property: Id(1)] DateTimeOffset? OldestAt);

/// <summary>Where a number lives.</summary>
/// <param name="Silo">The silo's id; null while it is at none.</param>
[GenerateSerializer, Immutable, Alias("loopwave.number-home")]
public sealed record NumberHome([property: Id(0)] string Number, [property: Id(1)] string? Silo);
