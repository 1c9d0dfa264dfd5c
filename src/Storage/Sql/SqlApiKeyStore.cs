using Loopwave.ApiKeys;
using Loopwave.Numbers;

namespace Loopwave.Storage.Sql;

internal sealed class SqlApiKeyStore(ISqlDatabase database) : IApiKeyStore
{
    public async Task<ApiKeyDocument?> Get(string id) => await Body(id) is { } body ? Read(body) : null;

    public async Task<IReadOnlyList<ApiKeyDocument>> List() => await database.Query(
        new Statement("SELECT body FROM api_key ORDER BY created_at, id"),
        row => row.Document<ApiKeyDocument>(0));

    public Task Put(ApiKeyDocument key) => database.Run(new Unit(
    [
        new Statement(
            "INSERT INTO api_key (id, created_at, body) VALUES (@id, @createdAt, @body) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            ("@id", key.Id), ("@createdAt", Rows.Ticks(key.CreatedAt)), ("@body", StorageJson.Write(key))),
    ],
    key.Id));

    // A document is one text. Who changed it since it was read is not undone: the use is noted in theirs.
    public async Task NoteUse(string id, DateTimeOffset at)
    {
        while (await Body(id) is { } body && Read(body) is var key && !(key.LastUsedAt >= at) && !await Replace(id, body, key with { LastUsedAt = at }))
        {
        }
    }

    private async Task<bool> Replace(string id, string body, ApiKeyDocument key) => (await database.Run(new Unit(
    [
        new Statement(
            "UPDATE api_key SET body = @body WHERE id = @id AND body = @before",
            ("@id", id), ("@body", StorageJson.Write(key)), ("@before", body)).OrElse(CommitResult.Duplicate),
    ],
    id))).Committed;

    private async Task<string?> Body(string id) => (await database.Query(
        new Statement("SELECT body FROM api_key WHERE id = @id", ("@id", id)), row => row.GetString(0))).SingleOrDefault();

    private static ApiKeyDocument Read(string body) => StorageJson.Read<ApiKeyDocument>(body);
}
