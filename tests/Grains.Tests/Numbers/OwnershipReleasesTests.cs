using Loopwave.Deployment;
using Loopwave.Engines;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Numbers;

public sealed class OwnershipReleasesTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Owners _owners = new();

    [Fact]
    public async Task A_number_is_given_up_before_its_end_is_over()
    {
        var releases = new OwnershipReleases(_owners, _clock);

        releases.Begin("n1", 7);
        await releases.Settled("n1", TestContext.Current.CancellationToken);

        Assert.Equal([("n1", 7L)], _owners.Released);
    }

    [Fact]
    public async Task What_storage_does_not_take_is_tried_again_each_second_and_holds_nobody_up()
    {
        _owners.Failures = 3;
        var releases = new OwnershipReleases(_owners, _clock);
        releases.Begin("n1", 7);

        // It gives up after an hour: time passes no faster than it tries.
        var settled = releases.Settled("n1", TestContext.Current.CancellationToken);
        for (var tries = 0; tries <= 3; tries++)
        {
            await Passes(_owners.Tried);
        }

        await settled;
        Assert.Equal([("n1", 7L)], _owners.Released);
    }

    [Fact]
    public async Task A_number_whose_connection_may_still_be_open_is_given_up_when_somebody_confirmed_that_it_is_not()
    {
        var releases = new OwnershipReleases(_owners, _clock);
        using var closing = new SemaphoreSlim(0);
        var isBusy = true;
        releases.Begin("n1", 7, () =>
        {
            closing.Release();
            return isBusy ? throw new EngineException(EngineError.Unavailable, "The host is busy, says the test.") : Task.CompletedTask;
        });

        for (var tries = 0; tries < 3; tries++)
        {
            await Passes(closing);
            Assert.Empty(_owners.Released);
        }

        isBusy = false;
        await Passes(_owners.Tried);
        Assert.Equal([("n1", 7L)], _owners.Released);
    }

    [Fact]
    public async Task A_connection_of_a_number_that_is_somebody_elses_is_closed_and_nothing_is_given_up()
    {
        var releases = new OwnershipReleases(_owners, _clock);
        using var closing = new SemaphoreSlim(0);
        var tries = 0;
        releases.Begin("n1", null, () =>
        {
            closing.Release();
            return ++tries == 1 ? throw new EngineException(EngineError.Unavailable, "The host is busy, says the test.") : Task.CompletedTask;
        });

        await Passes(closing);
        await Passes(closing);
        await releases.Settled("n1", TestContext.Current.CancellationToken);
        Assert.Empty(_owners.Released);
    }

    private async Task Passes(SemaphoreSlim until)
    {
        while (!await until.WaitAsync(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken))
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private sealed class Owners : IOwnershipStore
    {
        public int Failures { get; set; }

        public SemaphoreSlim Tried { get; } = new(0);

        public List<(string Number, long Epoch)> Released { get; } = [];

        public Task Release(string number, long epoch)
        {
            if (Failures-- > 0)
            {
                Tried.Release();
                throw new StorageUnavailableException("Away, says the test.");
            }

            Released.Add((number, epoch));
            Tried.Release();
            return Task.CompletedTask;
        }

        public Task Register(string incarnation, TimeSpan timeToLive) => throw new NotSupportedException();

        public Task<bool> Renew(string incarnation, TimeSpan timeToLive) => throw new NotSupportedException();

        public Task<bool> Revoke(string silo) => throw new NotSupportedException();

        public Task<int> Owned(string silo) => throw new NotSupportedException();

        public Task<long?> Claim(string number, string incarnation) => throw new NotSupportedException();

        public Task<string?> Owner(string number) => throw new NotSupportedException();
    }
}
