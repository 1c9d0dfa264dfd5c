using Microsoft.Extensions.Logging;

namespace Loopwave.Numbers;

/// <summary>
/// What the numbers of this process know and tell of the version of the client: one refusal counts for the whole cluster, and so does
/// one number that gets in. Any thread.
/// </summary>
internal sealed partial class ClientVersion(IGrainFactory grains, ILogger<ClientVersion> logger)
{
    /// <summary>What is to be done where it shows.</summary>
    public const string Problem = "WhatsApp refuses the version of the client. Raise WA_VERSION.";

    private volatile bool _isRefused;

    /// <summary>Whether the version is refused, as far as this process has heard.</summary>
    public bool IsRefused => _isRefused;

    private IVersionAlarmGrain Alarm => grains.GetGrain<IVersionAlarmGrain>(0);

    /// <summary>A number was refused. The cluster hears of it in the background; what gets lost the next one tells.</summary>
    public void Refused(string number)
    {
        _isRefused = true;
        Tell(Alarm.Raise(number)).Ignore();
    }

    /// <summary>A number logged in.</summary>
    public void Accepted()
    {
        if (_isRefused)
        {
            _isRefused = false;
            Tell(Alarm.Lower()).Ignore();
        }
    }

    /// <summary>Whether a number may connect; null when the cluster does not answer.</summary>
    /// <param name="connects">It does so now. Otherwise it only asks whether to wait in line.</param>
    public async Task<bool?> MayConnect(bool connects)
    {
        try
        {
            var answer = await Alarm.Ask(connects);
            _isRefused = answer.IsRefused;
            return answer.MayConnect;
        }
        catch (Exception exception)
        {
            LogDoesNotAnswer(logger, exception);
            return null;
        }
    }

    /// <summary>Since when the version is refused in the cluster; null when it is not.</summary>
    public Task<DateTimeOffset?> RefusedSince() => Alarm.Get();

    private async Task Tell(Task telling)
    {
        try
        {
            await telling;
        }
        catch (Exception exception)
        {
            LogNotTold(logger, exception);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The alarm for the version of the client does not answer; the number asks again in a second")]
    private static partial void LogDoesNotAnswer(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The cluster could not be told whether WhatsApp accepts the version of the client; the next number tells it")]
    private static partial void LogNotTold(ILogger logger, Exception exception);
}
