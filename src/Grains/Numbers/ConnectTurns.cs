using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Numbers;

/// <summary>
/// Asks the cluster's connect budget for the numbers of this process. One that cannot be asked breaks nothing: its numbers
/// wait a moment and ask again.
/// </summary>
internal sealed partial class ConnectTurns(IGrainFactory grains, IOptions<NumberOptions> options, ILogger<ConnectTurns> logger)
{
    /// <summary>How long a number waits when there was no answer.</summary>
    public static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private int _failing;

    /// <summary>Zero when the number connects now; otherwise how long it waits before it asks again.</summary>
    /// <param name="urgent">Somebody waits for this number.</param>
    public async Task<TimeSpan> Reserve(EngineKind network, string number, bool urgent)
    {
        if (options.Value.ConnectIntervalOf(network) <= TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        try
        {
            var wait = await grains.GetGrain<IConnectBudgetGrain>(network.ToString()).Reserve(number, urgent);
            if (Interlocked.Exchange(ref _failing, 0) == 1)
            {
                LogAnswers(logger, network);
            }

            return wait;
        }
        catch (Exception exception)
        {
            // Once, not for every number and second.
            if (Interlocked.Exchange(ref _failing, 1) == 0)
            {
                LogDoesNotAnswer(logger, exception, network);
            }

            return AskAgainAfter;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The connect budget of {Network} does not answer; numbers that want to connect ask again each second")]
    private static partial void LogDoesNotAnswer(ILogger logger, Exception exception, EngineKind network);

    [LoggerMessage(LogLevel.Information, "The connect budget of {Network} answers again")]
    private static partial void LogAnswers(ILogger logger, EngineKind network);
}
