using Microsoft.Extensions.Logging;

namespace Loopwave.Api.Cluster;

/// <summary>An API process may be there before the silos and the database are: it tries again each second, and says so once a minute.</summary>
internal sealed partial class ConnectionPatience(TimeProvider clock, ILogger<ConnectionPatience> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaidEvery = TimeSpan.FromMinutes(1);

    private long? _said;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (_said is not { } said || clock.GetElapsedTime(said) >= SaidEvery)
        {
            _said = clock.GetTimestamp();
            LogWaits(logger, exception.Message);
        }

        await Task.Delay(Pause, clock, cancellationToken);
        return true;
    }

    [LoggerMessage(LogLevel.Warning, "No silo can be reached yet, trying again every second (said once a minute): {Reason}")]
    private static partial void LogWaits(ILogger logger, string reason);
}
