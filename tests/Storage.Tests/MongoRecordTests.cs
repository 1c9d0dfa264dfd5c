using Loopwave.Storage.Mongo;

namespace Loopwave.Storage.Tests;

public sealed class MongoRecordTests
{
    private const int Times = 1_000;

    [Fact]
    public async Task Parts_of_a_commit_that_are_put_together_side_by_side_are_all_in_it()
    {
        string[] parts = ["aliases", "contacts", "mergedContacts", "newMessages", "changedMessages", "queue", "dequeued", "idempotency", "media", "sent"];
        for (var time = 0; time < Times; time++)
        {
            var record = new MongoRecord("n", 1, "id");
            using var together = new Barrier(2);
            await Task.WhenAll(parts.Chunk(parts.Length / 2).Select(some => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait(TestContext.Current.CancellationToken);
                    foreach (var part in some)
                    {
                        record.Add(part, [[], []]);
                    }
                },
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

            Assert.All(parts, part => Assert.Equal(2, record.Rows(part).Count()));
        }
    }
}
