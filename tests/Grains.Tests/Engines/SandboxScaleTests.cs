using Loopwave.Engines;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

public sealed class SandboxScaleTests(ITestOutputHelper output)
{
    private const int Numbers = 100_000;

    [Fact]
    public async Task A_hundred_thousand_numbers_are_open_at_once_and_rest_without_a_timer()
    {
        var events = new Linker();
        await using var world = SandboxWorld.Start(events: events);
        events.Engine = world.Engine;
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < Numbers; i++)
        {
            await world.Open($"n{i:D10}", 1, null);
        }

        await events.AllOpened.WaitAsync(TimeSpan.FromMinutes(2));
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Numbers;
        output.WriteLine($"{each} bytes for a number at rest, what its servers remember in this test's memory included");

        // Offers of codes that were scanned meanwhile are all that is left; they run out and nothing takes their place.
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, world.Agenda.Count);
    }

    /// <summary>Does what a number's grain does while it links.</summary>
    private sealed class Linker : IEngineEvents
    {
        private readonly TaskCompletionSource _allOpened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _opened;

        public IEngine? Engine { get; set; }

        public Task AllOpened => _allOpened.Task;

        public Task Report(EnginePresence presence) => Task.CompletedTask;

        public Task<bool> IsOver(string number, long epoch) => Task.FromResult(false);

        public async Task Deliver(EngineBatch batch)
        {
            await Engine!.Acknowledge(batch.Number, batch.Last, CancellationToken.None);
            foreach (var evt in batch.Events)
            {
                if (evt is EngineEvent.CredentialsChanged changed)
                {
                    await Engine.Close(batch.Number, 1, CancellationToken.None);
                    await Engine.Open(new(batch.Number, 1, changed.Changes, null), CancellationToken.None);
                }
                else if (evt is EngineEvent.Opened && Interlocked.Increment(ref _opened) == Numbers)
                {
                    _allOpened.SetResult();
                }
            }
        }
    }
}
