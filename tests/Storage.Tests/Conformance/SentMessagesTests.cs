using Loopwave.Engines;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>What every store of the bytes of sent messages promises.</summary>
public abstract class SentMessagesTests(Backend backend) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Bytes_are_there_after_their_row_is_done_and_belong_to_one_number()
    {
        var (owned, other) = (await Sample.OwnedNumber(backend), await Sample.OwnedNumber(backend));
        var message = Sample.Message(Sample.Chat(owned.Id), fromMe: true);
        await backend.Numbers.Commit(
            owned.Change() with { Enqueued = [Sample.Queue(message, 1)], Sent = [new(owned.Id, "A1", [1, 2], Backend.Start)] }, owned.Lane);
        await backend.Numbers.Commit(
            owned.Change() with { Dequeued = [1], Sent = [new(owned.Id, "A1", [1, 2, 3], Backend.Start)] }, owned.Lane);

        Assert.Equal([1, 2, 3], await backend.Sent.Find(owned.Id, "A1"));
        Assert.Null(await backend.Sent.Find(owned.Id, "A2"));
        Assert.Null(await backend.Sent.Find(other.Id, "A1"));
    }

    [Fact]
    public async Task Bytes_are_kept_for_seven_days_and_go_when_others_come()
    {
        var owned = await Sample.OwnedNumber(backend);
        for (var day = 0; day <= 8; day++)
        {
            await backend.Numbers.Commit(
                owned.Change() with { Sent = [new(owned.Id, $"day {day}", [1], Backend.Start.AddDays(day))] }, owned.Lane);
        }

        // What is over goes with every hundredth at the latest.
        var more = Enumerable.Range(1, 100).Select(i => new SentBytes(owned.Id, $"more {i}", [1], Backend.Start.AddDays(8)));
        await backend.Numbers.Commit(owned.Change() with { Sent = [.. more] }, owned.Lane);

        var found = new List<int>();
        for (var day = 0; day <= 8; day++)
        {
            if (await backend.Sent.Find(owned.Id, $"day {day}") is not null)
            {
                found.Add(day);
            }
        }

        Assert.Equal(Enumerable.Range(2, 7), found);
    }
}
