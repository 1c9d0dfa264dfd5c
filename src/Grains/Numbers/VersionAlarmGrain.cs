using System.Globalization;
using Loopwave.Deployment;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Numbers;

/// <summary>The <see cref="VersionAlarm"/> of the whole cluster. One grain, key 0.</summary>
[Alias("loopwave.version-alarm")]
internal interface IVersionAlarmGrain : IGrainWithIntegerKey
{
    /// <summary>WhatsApp refused the version for this number.</summary>
    [Alias("raise")]
    [ResponseTimeout("00:00:05")]
    Task Raise(string number);

    /// <summary>A number logged in.</summary>
    [Alias("lower")]
    [ResponseTimeout("00:00:05")]
    Task Lower();

    /// <summary>Whether a number may connect, as things stand.</summary>
    /// <param name="connects">It does so now: the turn to try is taken. Otherwise it only asks whether to wait in line.</param>
    [Alias("ask")]
    [ResponseTimeout("00:00:02")]
    Task<VersionAnswer> Ask(bool connects);

    /// <summary>Since when the version is refused; null when it is not.</summary>
    [Alias("get")]
    [ResponseTimeout("00:00:02")]
    Task<DateTimeOffset?> Get();
}

/// <summary>Whether a number may connect, and whether the version is refused.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.version-answer")]
internal sealed record VersionAnswer([property: Id(0)] bool MayConnect, [property: Id(1)] bool IsRefused);

/// <summary>Keeps the alarm in storage, so that it outlives the silo that it was raised on and the one that this grain is on.</summary>
[KeepAlive]
internal sealed partial class VersionAlarmGrain(
    IDeploymentStore store, IOptions<NumberOptions> options, TimeProvider clock, ILogger<VersionAlarmGrain> logger) : Grain, IVersionAlarmGrain
{
    private const string Setting = "whatsapp.version-refused-since";

    private VersionAlarm _alarm = null!;
    private bool _isSaved = true;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var since = await store.Setting(Setting);
        _alarm = new VersionAlarm(
            string.IsNullOrEmpty(since) ? null : DateTimeOffset.Parse(since, CultureInfo.InvariantCulture), options.Value.VersionRetryInterval, clock);
    }

    public Task Raise(string number)
    {
        if (_alarm.Raise())
        {
            _isSaved = false;
            LogRefused(logger, number);
        }

        return Save();
    }

    public Task Lower()
    {
        if (_alarm.Lower())
        {
            _isSaved = false;
            LogAccepted(logger);
        }

        return Save();
    }

    public Task<VersionAnswer> Ask(bool connects) =>
        Task.FromResult(new VersionAnswer(connects ? _alarm.MayConnect() : _alarm.MayAsk, _alarm.Since is not null));

    public Task<DateTimeOffset?> Get() => Task.FromResult(_alarm.Since);

    // What could not be saved is with the next number that has something to tell.
    private async Task Save()
    {
        if (!_isSaved)
        {
            await store.PutSetting(Setting, _alarm.Since?.ToString("O", CultureInfo.InvariantCulture) ?? "");
            _isSaved = true;
        }
    }

    [LoggerMessage(LogLevel.Error, "WhatsApp refuses this client version (number {Number}). Raise WA_VERSION; until a number gets in, one a minute tries")]
    private static partial void LogRefused(ILogger logger, string number);

    [LoggerMessage(LogLevel.Warning, "WhatsApp accepts this client version again; all numbers connect")]
    private static partial void LogAccepted(ILogger logger);
}
