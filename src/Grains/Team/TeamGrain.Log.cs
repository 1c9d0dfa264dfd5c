using Microsoft.Extensions.Logging;

namespace Loopwave.Team;

internal sealed partial class TeamGrain
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Member {MemberId} was made, the first admin")]
    private static partial void LogFirstAdmin(ILogger logger, string memberId);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Member {MemberId} signed in from {Source}")]
    private static partial void LogSignedIn(ILogger logger, string memberId, string source);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "A sign-in from {Source} failed; member {MemberId}")]
    private static partial void LogSignInFailed(ILogger logger, string source, string? memberId);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "A sign-in from {Source} was turned away for {Wait}")]
    private static partial void LogThrottled(ILogger logger, string source, TimeSpan wait);

    [LoggerMessage(EventId = 5, Level = LogLevel.Warning, Message = "A set-up attempt from {Source} had no valid token")]
    private static partial void LogSetUpRefused(ILogger logger, string source);

    [LoggerMessage(EventId = 6, Level = LogLevel.Warning, Message = "A session could not be made longer: storage is unavailable")]
    private static partial void LogNotExtended(ILogger logger);
}
