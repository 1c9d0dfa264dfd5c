using Loopwave.Media;
using Loopwave.Messages;

namespace Loopwave.Storage.Sql;

internal sealed class SqlMediaStore(ISqlDatabase database) : IMediaStore
{
    // Another file with the same content that cannot be fetched again keeps the content here.
    private const string IsEvictable =
        """
        state = 'ready' AND refetchable = 1
        AND NOT EXISTS (SELECT 1 FROM number n WHERE n.id = media.number AND n.removed = 1)
        AND NOT EXISTS (SELECT 1 FROM media o WHERE o.hash = media.hash AND o.state = 'ready'
            AND (o.refetchable = 0 OR EXISTS (SELECT 1 FROM number n WHERE n.id = o.number AND n.removed = 1)))
        """;

    public static Statement Put(MediaDocument media) => new(
        """
        INSERT INTO media (id, number, state, hash, size, refetchable, used_at, body)
        VALUES (@id, @number, @state, @hash, @size, @refetchable, @usedAt, @body)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, hash = excluded.hash, size = excluded.size,
            refetchable = excluded.refetchable, body = excluded.body,
            used_at = CASE WHEN media.used_at > excluded.used_at THEN media.used_at ELSE excluded.used_at END
        """,
        ("@id", media.Id), ("@number", media.Number), ("@state", Rows.Word(media.State)), ("@hash", media.Hash), ("@size", media.Size ?? 0),
        ("@refetchable", Rows.Flag(media.Number is not null && media.Remote is not null)), ("@usedAt", Rows.Ticks(media.UsedAt)),
        ("@body", StorageJson.Write(media)));

    Task IMediaStore.Put(MediaDocument media) => database.Run(new Unit([Put(media)], media.Id));

    public async Task<IReadOnlyDictionary<string, MediaDocument>> Get(IReadOnlyCollection<string> ids) =>
        (await Media($"id IN ({database.Dialect.Values("@ids")})", ("@ids", database.Dialect.List(ids)))).ToDictionary(media => media.Id);

    public Task Touch(string id, DateTimeOffset at) => database.Run(new Unit(
    [
        new Statement(
            "UPDATE media SET used_at = @at WHERE id = @id AND used_at < @before",
            ("@at", Rows.Ticks(at)), ("@id", id), ("@before", Rows.Ticks(at - TimeSpan.FromMinutes(1)))),
    ],
    id));

    public async Task<IReadOnlyList<MediaDocument>> Evictable(int limit) =>
        await Media($"{IsEvictable} ORDER BY used_at, id LIMIT @limit", ("@limit", limit));

    public async Task<bool> Evict(MediaDocument file) => (await database.Run(new Unit(
    [
        new Statement(
            $"UPDATE media SET state = @none, hash = NULL, body = @body WHERE id = @id AND hash = @hash AND {IsEvictable} RETURNING id",
            ("@none", Rows.Word(MediaState.None)), ("@body", StorageJson.Write(file with { State = MediaState.None, Hash = null })),
            ("@id", file.Id), ("@hash", file.Hash)).Returning(),
    ],
    file.Id))).Value is not null;

    public async Task<IReadOnlySet<string>> Needed(IReadOnlyCollection<string> hashes) => (await database.Query(
        new Statement(
            $"SELECT DISTINCT hash FROM media WHERE state = 'ready' AND hash IN ({database.Dialect.Values("@hashes")})",
            ("@hashes", database.Dialect.List(hashes))),
        row => row.GetString(0))).ToHashSet();

    public async Task<long> TotalSize() => (await database.Query(
        new Statement("SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT hash, size FROM media WHERE state = 'ready') AS files"),
        row => row.GetInt64(0))).Single();

    // The column knows better than the document when the file was last used.
    private Task<List<MediaDocument>> Media(string where, params (string, object?)[] parameters) => database.Query(
        new Statement($"SELECT body, used_at FROM media WHERE {where}", parameters),
        row => row.Document<MediaDocument>(0) with { UsedAt = row.Time(1) });
}
