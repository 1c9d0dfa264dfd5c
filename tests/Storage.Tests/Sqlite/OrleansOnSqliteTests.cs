using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;

namespace Loopwave.Storage.Tests.Sqlite;

/// <summary>A silo that keeps grain state and reminders in the database, over a restart.</summary>
public sealed class OrleansOnSqliteTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("loopwave-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task State_and_reminders_of_a_grain_outlive_the_process()
    {
        await using (var silo = await Start())
        {
            var grain = silo.Client.GetGrain<IRememberingGrain>("a");
            await grain.Remember("first");
            await grain.Remember("second");
        }

        await using var again = await Start();
        var read = await again.Client.GetGrain<IRememberingGrain>("a").Recall();
        Assert.Equal(["first", "second", "reminder wake"], read);
    }

    private async Task<InProcessTestCluster> Start()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ServiceId = "loopwave";
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSqliteStorage(SqliteStorage.Open(new SqliteStorageOptions { DataDirectory = _directory }, NullLoggerFactory.Instance));
            silo.UseSqliteStorage();
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }
}

[Alias("loopwave.tests.remembering")]
public interface IRememberingGrain : IGrainWithStringKey
{
    [Alias("remember")]
    Task Remember(string word);

    [Alias("recall")]
    Task<List<string>> Recall();
}

[GenerateSerializer, Alias("loopwave.tests.words")]
public sealed record Words
{
    [Id(0)] public List<string> All { get; init; } = [];
}

internal sealed class RememberingGrain([PersistentState("words")] IPersistentState<Words> words) : Grain, IRememberingGrain, IRemindable
{
    public async Task Remember(string word)
    {
        words.State = new Words { All = [.. words.State.All, word] };
        await words.WriteStateAsync();
        await this.RegisterOrUpdateReminder("wake", TimeSpan.FromHours(1), TimeSpan.FromHours(1));
    }

    public async Task<List<string>> Recall()
    {
        var reminder = await this.GetReminder("wake");
        return [.. words.State.All, "reminder " + reminder?.ReminderName];
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;
}
