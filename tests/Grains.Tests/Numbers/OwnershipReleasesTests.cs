using Loopwave.Deployment;
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
            while (!await _owners.Tried.WaitAsync(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken))
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
            }
        }

        await settled;
        Assert.Equal([("n1", 7L)], _owners.Released);
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

        public Task<long?> Claim(string number, string incarnation) => throw new NotSupportedException();

        public Task<string?> Owner(string number) => throw new NotSupportedException();
    }
}
