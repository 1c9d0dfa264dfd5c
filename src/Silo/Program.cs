using Loopwave;
using Loopwave.Configuration;
using Loopwave.Logging;
using Loopwave.Starting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog.Core;

return await ProcessRun.Guarded("The silo", async () =>
{
    var builder = Host.CreateEmptyApplicationBuilder(new());
    builder.Configuration.AddLoopwaveSources(args);
    var settings = SettingsReader.Read(builder.Configuration, ProcessRole.Silo, out var mistakes);
    builder.AddLoopwaveLogging(settings, new LoggingLevelSwitch(settings.LogLevel ?? LoggingServices.Usual));
    builder.AddClusterSilo(settings, settings.Cluster!);

    // Signals reach the front, which is there before the silo and after it.
    builder.Services.AddSingleton<IHostLifetime, EndsWithTheFront>();
    using var silo = builder.Build();
    silo.Services.Check(mistakes);
    settings.CheckPort();
    silo.Services.GetRequiredService<SiloPorts>().Check();

    var progress = new SiloProgress();
    var loggers = silo.Services.GetRequiredService<ILoggerFactory>();
    await using var front = SiloFront.Build(builder.Configuration, settings, progress, loggers);
    await front.StartAsync();
    var run = new SiloRun(silo, progress, settings.Cluster!.DrainFor, loggers.CreateLogger("Loopwave.Silo"));
    if (await run.Until(front.Lifetime.ApplicationStopping) is { } end)
    {
        ProcessRun.EndAtOnce(end.ExitCode, end.Reason);
    }

    await front.StopAsync();
});
