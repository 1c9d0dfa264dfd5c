using Loopwave.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace Loopwave.Logging;

/// <summary>What the log says of how a process ends.</summary>
public sealed class LoggingServicesTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("loopwave-logging-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_part_that_ends_a_running_process_by_a_cancellation_is_in_the_log()
    {
        var part = new Part();
        using (var host = Build(part))
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            part.Fails.SetException(new TaskCanceledException("no answer in time"));
            await host.WaitForShutdownAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }

        Assert.Contains("no answer in time", Logged(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_fails_by_a_cancellation_while_the_process_starts_is_in_the_log()
    {
        var part = new Part();
        part.Fails.SetException(new TaskCanceledException("no answer in time"));
        using (var host = Build(part, new StartsForEver()))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => host.StartAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken));
        }

        Assert.Contains("no answer in time", Logged(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_is_given_up_is_not_in_the_log_and_one_that_fails_is()
    {
        using var givenUp = new CancellationTokenSource();
        using (var host = Build(new StartsForEver()))
        {
            var start = host.StartAsync(givenUp.Token);
            await givenUp.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start.WaitAsync(Patience, TestContext.Current.CancellationToken));
        }

        Assert.DoesNotContain("Microsoft.Extensions.Hosting", Logged(), StringComparison.Ordinal);

        using (var host = Build(new FailsToStart()))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        }

        Assert.Contains("cannot begin", Logged(), StringComparison.Ordinal);
    }

    private IHost Build(params IEnumerable<IHostedService> parts)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["DATA_DIR"] = _folder });
        builder.AddLoopwaveLogging(
            SettingsReader.Read(builder.Configuration, ProcessRole.Standalone, out _), new LoggingLevelSwitch(LogEventLevel.Fatal));
        foreach (var part in parts)
        {
            builder.Services.AddSingleton(part);
        }

        return builder.Build();
    }

    private string Logged() => string.Concat(
        new DirectoryInfo(_folder).EnumerateFiles("*.log", SearchOption.AllDirectories).Select(file => File.ReadAllText(file.FullName)));

    private sealed class Part : BackgroundService
    {
        public TaskCompletionSource Fails { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Fails.Task;
    }

    private sealed class StartsForEver : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class FailsToStart : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("It cannot begin.");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
