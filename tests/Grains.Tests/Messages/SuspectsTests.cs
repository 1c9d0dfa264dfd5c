using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Messages;

/// <summary>Messages during whose preparation the engine's process ends: the one that it ends of fails, and no other does.</summary>
public sealed class SuspectsTests : IAsyncLifetime
{
    private const string Poison = "poison";

    private LoopwaveCluster _cluster = null!;
    private string _number = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start();
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_message_that_ends_the_process_each_time_fails_after_three_and_the_next_one_of_its_chat_goes()
    {
        var builds = 0;
        _cluster.Engine.Building = message => message.Text == Poison && ++builds > 0 ? EndHost() : Task.CompletedTask;
        var poison = await Send(Poison, Any.Customer);
        await Send("next", Any.Customer);

        await Until(() => _cluster.Engine.HasRelay(_number));

        Assert.Equal("next", (await _cluster.Engine.NextRelay(_number)).Message.Text);
        var failed = (await _cluster.Messages.Get(poison, Access.All)).Value!.Message;
        Assert.Equal((MessageStatus.Failed, "poison", 3), (failed.Status, failed.Error!.Code, builds));
    }

    [Fact]
    public async Task A_connection_that_is_lost_while_a_message_is_prepared_counts_for_nothing()
    {
        var builds = 0;
        _cluster.Engine.Building = async _ =>
        {
            if (++builds <= 6)
            {
                await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
                throw new EngineException(EngineError.Unavailable, "The connection is gone.");
            }
        };
        await Send("patient", Any.Customer);

        await Until(() => _cluster.Engine.HasRelay(_number));

        Assert.Equal("patient", (await _cluster.Engine.NextRelay(_number)).Message.Text);
    }

    [Fact]
    public async Task Those_that_were_only_there_are_prepared_apart_from_it_and_leave()
    {
        var (began, ended, go) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        var builds = new Dictionary<string, int> { [Poison] = 0, ["innocent"] = 0 };
        var again = 0;
        _cluster.Engine.Building = async message =>
        {
            if (++builds[message.Text!] == 1)
            {
                // Both are being prepared when it ends.
                await (message.Text == Poison ? began.Task : Task.CompletedTask);
                began.TrySetResult();
                await (message.Text == Poison ? Task.CompletedTask : ended.Task);
                ended.TrySetResult();
                await EndHost();
            }

            again++;
            await go.Task;
            await (message.Text == Poison ? EndHost() : Task.CompletedTask);
        };
        var poison = await Send(Poison, Any.Customer);
        await Send("innocent", Any.Jid());

        await Until(() => again > 0);
        await _cluster.Passes(30);
        Assert.Equal(1, again);
        go.SetResult();

        await Until(() => _cluster.Engine.HasRelay(_number));
        Assert.Equal("innocent", (await _cluster.Engine.NextRelay(_number)).Message.Text);
        await Until(async () => (await _cluster.Messages.Get(poison, Access.All)).Value!.Message.Status is MessageStatus.Failed);
        Assert.Equal((3, 2), (builds[Poison], builds["innocent"]));
    }

    // That the connection is gone is told before the call that was under way fails.
    private async Task EndHost()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        throw new EngineException(EngineError.Unavailable, "The engine host ended.") { HostEnded = true };
    }

    private async Task<string> Send(string text, string to) =>
        (await _cluster.Messages.Send(Any.Send(text, to, _number) with { QueueWhenOffline = true })).Value!.Message.Id;

    private Task Until(Func<bool> isSo) => Until(() => Task.FromResult(isSo()));

    /// <summary>Lets time pass, and the number come back whenever it is gone.</summary>
    private Task Until(Func<Task<bool>> isSo) => _cluster.PassesUntil(async () =>
    {
        if (_cluster.Engine.HasOpen(_number))
        {
            await _cluster.Engine.NextOpen(_number);
            await _cluster.Engine.Raise(_number, new EngineEvent.Opened("Acme"));
        }

        return await isSo();
    });
}
