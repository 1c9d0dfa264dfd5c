using Loopwave.Engines;
using Loopwave.Messages;
using Microsoft.Extensions.Logging;

namespace Loopwave.Numbers;

internal sealed partial class NumberGrain
{
    [LoggerMessage(LogLevel.Information, "Number {Number} is {Status} {Detail} ({Reason}), attempt {Attempt}")]
    private static partial void LogMoved(ILogger logger, string number, NumberStatus status, NumberDetail? detail, string? reason, int attempt);

    [LoggerMessage(LogLevel.Debug, "Number {Number} reads its state again after a failed write")]
    private static partial void LogReloaded(ILogger logger, string number);

    [LoggerMessage(LogLevel.Warning, "Number {Number} belongs to a later epoch; this activation stops")]
    private static partial void LogNotOwned(ILogger logger, string number);

    [LoggerMessage(LogLevel.Warning, "Number {Number}: the engine refused to {Action} ({Error})")]
    private static partial void LogEngineRefused(ILogger logger, Exception exception, string number, string action, EngineError? error);

    [LoggerMessage(LogLevel.Error, "Number {Number}: the credentials cannot be read: {Why}")]
    private static partial void LogCredentialsUnreadable(ILogger logger, string number, string why);

    [LoggerMessage(LogLevel.Error, "Number {Number}: changed credentials could not be saved, and the number is closed: {Why}")]
    private static partial void LogNotSaved(ILogger logger, string number, string why);

    [LoggerMessage(LogLevel.Error, "Number {Number}: an event ({Kind}) could not be taken and is set aside: {Why}")]
    private static partial void LogSetAside(ILogger logger, string number, string kind, string why);

    [LoggerMessage(LogLevel.Error, "Number {Number}: message {Message} could not be prepared, failure {Failures}")]
    private static partial void LogNotPrepared(ILogger logger, Exception exception, string number, string message, int failures);

    [LoggerMessage(LogLevel.Warning, "Number {Number}: message {Message} did not leave, failure {Failures}")]
    private static partial void LogNotSent(ILogger logger, Exception exception, string number, string message, int failures);

    [LoggerMessage(
        LogLevel.Warning,
        "Number {Number}: somebody wants to {Change} message {Message}, did not write it and may not (in a group: {InGroup}, as its administrator: {IsAdmin})")]
    private static partial void LogChangeRefused(ILogger logger, string number, string message, ChangeKind change, bool inGroup, bool? isAdmin);

    [LoggerMessage(LogLevel.Warning, "Number {Number} is deaf: it is closed and opened again")]
    private static partial void LogDeaf(ILogger logger, string number);

    [LoggerMessage(LogLevel.Warning, "Number {Number}: another change of the same came first")]
    private static partial void LogCameSecond(ILogger logger, string number);

    [LoggerMessage(LogLevel.Error, "Number {Number}: {Work} failed and is tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string number, string work);

    [LoggerMessage(LogLevel.Debug, "Number {Number}: {Work} waits for storage: {Why}")]
    private static partial void LogNotStored(ILogger logger, string number, string work, string why);

    [LoggerMessage(LogLevel.Warning, "Number {Number} could not tell {Others} that two addresses are one person")]
    private static partial void LogNotTold(ILogger logger, Exception exception, string number, string others);
}
