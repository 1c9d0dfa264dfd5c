using Loopwave.Deployment;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Testing.Storage;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>How long callers wait for a database that hangs.</summary>
public sealed class MongoOutageTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly string _name = MongoServer.NewName();

    public async ValueTask DisposeAsync() => await MongoServer.Drop(_name);

    [Fact]
    public async Task Who_waits_for_a_change_of_others_is_told_when_the_database_could_not_be_had_for_it()
    {
        await using var backend = await MongoBackend.Open(_name, isOwner: false, options => options with { Patience = Patience });
        var hangs = backend.Database.Run(Never);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => backend.Database.Behind(() => Ended(hangs)));

        await backend.Database.Behind(() => Ended(hangs));
        var number = await Sample.OwnedNumber(backend);
        Assert.NotNull(await backend.Numbers.Load(number.Id));
    }

    private static Task<bool> Never(CancellationToken token) => new TaskCompletionSource<bool>().Task.WaitAsync(token);

    private static async Task Ended(Task others) => await others.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
