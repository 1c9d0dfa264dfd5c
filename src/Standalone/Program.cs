using Loopwave;
using Loopwave.Api;
using Loopwave.Configuration;
using Loopwave.Logging;
using Loopwave.Standalone;
using Loopwave.Starting;
using Loopwave.Telemetry;
using Serilog.Core;
using Serilog.Events;

var screen = new StartScreen(Console.Out, Console.Error);
var standardOutput = new LoggingLevelSwitch(LevelAlias.Off);
try
{
    var builder = WebApplication.CreateEmptyBuilder(new() { WebRootPath = StartPage.Directory });
    builder.Configuration.AddLoopwaveSources(args);
    var settings = SettingsReader.Read(builder.Configuration, ProcessRole.Standalone, out var mistakes);
    builder.AddLoopwaveLogging(settings, standardOutput);
    builder.AddStandaloneSilo(settings);
    builder.UseHttpPort(settings);
    builder.AddLoopwaveMetrics(settings);
    builder.AddLoopwaveTraces(settings);
    builder.Services.AddLoopwaveApi();

    await using var app = builder.Build();
    app.Services.Check(mistakes);
    app.UseStartPage();
    app.MapLoopwaveApi(settings.OrleansDashboard);
    app.MapLoopwaveMetrics(settings);

    var end = app.End();
    screen.Starting();
    settings.CheckPort();
    await app.Services.OpenData();
    await app.StartAsync();
    screen.Ready(settings, await app.Services.PrepareTeam());
    standardOutput.MinimumLevel = settings.LogLevel ?? LogEventLevel.Warning;
    await app.WaitForShutdownAsync();
    if (await end is { } failed)
    {
        throw failed;
    }

    screen.Stopped();
    return 0;
}
catch (Exception fault) when (StartRefusal.Of(fault) is { } sentences)
{
    screen.Refused(sentences);
    return 2;
}
catch (Exception fault)
{
    screen.Failed(fault);
    return 1;
}
