using Loopwave.Cluster;
using Microsoft.Extensions.Options;

namespace Loopwave.Numbers;

/// <summary>The connect budget of one network, keyed by its <see cref="EngineKind"/>: one for the whole cluster.</summary>
[Alias("loopwave.connect-budget")]
internal interface IConnectBudgetGrain : IGrainWithStringKey
{
    /// <summary>Zero when the number connects now; otherwise how long it waits before it asks again.</summary>
    /// <param name="urgent">Somebody waits for this number.</param>
    [Alias("reserve")]
    [ResponseTimeout("00:00:02")]
    Task<TimeSpan> Reserve(string number, bool urgent);

    [Alias("get")]
    [ResponseTimeout("00:00:02")]
    Task<ConnectBudgetView> Get();
}

/// <summary>
/// Keeps the budget in memory only. A new activation lets nobody in for the first second, so that one that went on elsewhere
/// and this one together stay within the budget; it is never collected for being idle, which would cost that second again.
/// </summary>
[KeepAlive]
internal sealed class ConnectBudgetGrain(IOptions<NumberOptions> options, TimeProvider clock) : Grain, IConnectBudgetGrain
{
    private ConnectBudget? _budget;

    private ConnectBudget Budget => _budget ??= new ConnectBudget(options.Value.ConnectIntervalOf(Enum.Parse<EngineKind>(this.GetPrimaryKeyString())), clock);

    public Task<TimeSpan> Reserve(string number, bool urgent) => Task.FromResult(Budget.Reserve(number, urgent));

    public Task<ConnectBudgetView> Get() => Task.FromResult(Budget.View());
}
