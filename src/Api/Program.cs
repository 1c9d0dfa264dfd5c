using Loopwave.Api;
using Loopwave.Api.Cluster;
using Loopwave.Configuration;
using Loopwave.Logging;
using Loopwave.Starting;
using Loopwave.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Serilog.Core;

return await ProcessRun.Guarded("The API process", async () =>
{
    var builder = WebApplication.CreateEmptyBuilder(new() { WebRootPath = StartPage.Directory });
    builder.Configuration.AddLoopwaveSources(args);
    var settings = SettingsReader.Read(builder.Configuration, ProcessRole.Api, out var mistakes);
    builder.AddLoopwaveLogging(settings, new LoggingLevelSwitch(settings.LogLevel ?? LoggingServices.Usual));
    builder.AddClusterClient(settings, settings.Cluster!);
    builder.UseHttpPort(settings);
    builder.AddLoopwaveMetrics(settings);
    builder.AddLoopwaveTraces(settings);
    builder.Services.AddLoopwaveApi();

    await using var app = builder.Build();
    app.Services.Check(mistakes);
    app.UseStartPage();
    app.MapLoopwaveApi(settings.OrleansDashboard);
    app.MapLoopwaveMetrics(settings);
    settings.CheckPort();
    var end = app.End();
    var watch = app.Services.GetRequiredService<DatabaseWatch>();
    var (started, stopping) = (app.Lifetime.ApplicationStarted, app.Lifetime.ApplicationStopping);
    try
    {
        await app.RunAsync();
    }
    catch (Exception) when (stopping.IsCancellationRequested && !started.IsCancellationRequested)
    {
        // Asked to stop while it still waited for a silo: what it waited with is no fault.
    }

    if (watch.Refusal is { } refusal)
    {
        throw refusal;
    }

    if (await end is { } fault)
    {
        throw fault;
    }
});
