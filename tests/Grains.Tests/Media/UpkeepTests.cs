using Loopwave.Cluster;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Media;

public sealed class UpkeepTests
{
    [Fact]
    public async Task Room_is_made_and_what_nobody_needs_goes_without_anybody_asking()
    {
        await using var cluster = await LoopwaveCluster.Start(services => services.Configure<MediaOptions>(options => options.CacheBytes = 1));
        var files = cluster.Services.GetRequiredService<IMediaFiles>();
        var evictable = await Write(files, [1, 2, 3]);
        await cluster.Services.GetRequiredService<IMediaStore>().Put(new MediaDocument
        {
            Id = NewId.Media(), Number = "n1", Remote = new RemoteFile([1], "image/jpeg", null, 3, null), MimeType = "image/jpeg", Size = 3,
            State = MediaState.Ready, Hash = evictable, UsedAt = cluster.Clock.GetUtcNow(), CreatedAt = cluster.Clock.GetUtcNow(),
        });
        var left = await Write(files, [4, 5, 6]);
        using (var lent = await files.Lend(left, CancellationToken.None))
        {
            File.SetLastWriteTimeUtc(lent!.Path, cluster.Clock.GetUtcNow().AddDays(-2).UtcDateTime);
        }

        cluster.Clock.Advance(TimeSpan.FromMinutes(10));

        await cluster.Eventually(
            async () => await files.Holds(evictable, CancellationToken.None) || await files.Holds(left, CancellationToken.None), isThere => !isThere);
    }

    [Fact]
    public async Task One_of_several_silos_does_it_for_all_and_another_one_when_that_is_gone()
    {
        await using var cluster = await LoopwaveCluster.Start(new ClusterSetup { Silos = 2 });
        var first = await cluster.Eventually(() => Task.FromResult(cluster.Silos.Where(IsFirst).ToList()), found => found.Count == 1);
        var other = cluster.Silos.Single(silo => silo != first[0]);

        await cluster.Kill(first[0]);

        await cluster.LivesUntil(() => Task.FromResult(IsFirst(other)));
    }

    [Fact]
    public async Task Room_is_made_again_after_an_attempt_that_nobody_stopped_was_called_off()
    {
        var calledOff = new CalledOffOnce();
        await using var cluster = await LoopwaveCluster.Start(services =>
        {
            var store = services.Last(service => service.ServiceType == typeof(IMediaStore)).ImplementationType!;
            services.AddSingleton<IMediaStore>(provider => new HastyStore((IMediaStore)ActivatorUtilities.CreateInstance(provider, store), calledOff));
        });

        foreach (var times in new[] { 1, 2 })
        {
            cluster.Clock.Advance(TimeSpan.FromMinutes(10));
            await cluster.Eventually(() => Task.FromResult(calledOff.Asked), asked => asked >= times);
        }
    }

    private static bool IsFirst(TestSilo silo) => silo.Services.GetRequiredService<FirstSilo>().IsThis;

    private static async Task<string> Write(IMediaFiles files, byte[] content) =>
        Assert.IsType<MediaWrite.Stored>(await files.Write(new MemoryStream(content), 100, CancellationToken.None)).Hash;

    private sealed class CalledOffOnce
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public void Ask()
        {
            if (Interlocked.Increment(ref _asked) == 1)
            {
                throw new TaskCanceledException("Took too long, says the test.");
            }
        }
    }

    private sealed class HastyStore(IMediaStore store, CalledOffOnce calledOff) : IMediaStore
    {
        public Task<long> TotalSize()
        {
            calledOff.Ask();
            return store.TotalSize();
        }

        public Task<IReadOnlyDictionary<string, MediaDocument>> Get(IReadOnlyCollection<string> ids) => store.Get(ids);

        public Task Put(MediaDocument media) => store.Put(media);

        public Task Touch(string id, DateTimeOffset at) => store.Touch(id, at);

        public Task<IReadOnlyList<MediaDocument>> Evictable(int limit) => store.Evictable(limit);

        public Task<bool> Evict(MediaDocument file) => store.Evict(file);

        public Task<IReadOnlySet<string>> Needed(IReadOnlyCollection<string> hashes) => store.Needed(hashes);
    }
}
