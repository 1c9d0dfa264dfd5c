namespace Loopwave.Storage.Media.S3;

/// <summary>Goes through a bucket once and removes what nobody needs: content without a file, a second copy of one, what deletions left.</summary>
internal sealed class BucketSweep(
    S3Bucket bucket, MediaBucket media, DateTimeOffset before, Func<IReadOnlyCollection<string>, Task<IReadOnlySet<string>>> needed)
{
    private int _removed;

    public async Task<int> Run(CancellationToken cancellationToken)
    {
        // Names come in order, so that all of one hash are beside each other; those of the last may go on in the next page.
        var rest = new List<StoredObject>();
        await foreach (var page in bucket.Pages("", cancellationToken))
        {
            rest.AddRange(page);
            if (rest.Count == 0)
            {
                break;
            }

            var last = rest[^1].Name.Split('/')[0];
            await Tidy(rest.Where(one => !one.Name.StartsWith(last, StringComparison.Ordinal)), cancellationToken);
            rest.RemoveAll(one => !one.Name.StartsWith(last, StringComparison.Ordinal));
        }

        await Tidy(rest, cancellationToken);
        return _removed;
    }

    private async Task Tidy(IEnumerable<StoredObject> objects, CancellationToken cancellationToken)
    {
        var old = ObjectNames.Read(objects).GroupBy(content => content.Hash).Where(hash => hash.Any(content => content.IsOlderThan(before))).ToList();
        if (old.Count == 0)
        {
            return;
        }

        var kept = await needed([.. old.Select(hash => hash.Key)]);
        foreach (var hash in old)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (kept.Contains(hash.Key))
            {
                await RemoveSecondCopies(hash, cancellationToken);
            }
            else if (hash.Where(content => content.IsHere).All(content => content.IsOlderThan(before)))
            {
                await RemoveUnneeded(hash.Key);
            }

            await RemoveHidden(hash, cancellationToken);
        }
    }

    private async Task RemoveUnneeded(string hash)
    {
        var gone = false;
        await media.Delete(hash, async () => gone = (await needed([hash])).Count == 0);
        _removed += gone ? 1 : 0;
    }

    // The first copy stays, whoever looks: of two sweeps at once neither removes the one that the other leaves.
    private async Task RemoveSecondCopies(IGrouping<string, StoredContent> hash, CancellationToken cancellationToken)
    {
        foreach (var second in hash.Where(content => content.IsHere).Skip(1).Where(content => content.IsOlderThan(before)))
        {
            await bucket.Delete(second.Name, cancellationToken);
            _removed++;
        }
    }

    private async Task RemoveHidden(IGrouping<string, StoredContent> hash, CancellationToken cancellationToken)
    {
        foreach (var left in hash.Where(content => content.Marks.Count > 0 && content.IsOlderThan(before)))
        {
            if (left.Content is { } content)
            {
                await RemoveHidden(hash, content, cancellationToken);
            }

            foreach (var mark in left.Marks)
            {
                await bucket.Delete(mark.Name, cancellationToken);
            }
        }
    }

    private async Task RemoveHidden(IGrouping<string, StoredContent> hash, StoredObject hidden, CancellationToken cancellationToken)
    {
        if (!hash.Any(content => content.IsHere) && (await needed([hash.Key])).Count > 0)
        {
            await media.Rescue(hidden, hash.Key, cancellationToken);
        }

        await bucket.Delete(hidden.Name, cancellationToken);
        _removed++;
    }
}
