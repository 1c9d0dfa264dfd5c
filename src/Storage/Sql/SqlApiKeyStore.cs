using Loopwave.ApiKeys;

namespace Loopwave.Storage.Sql;

internal sealed class SqlApiKeyStore(ISqlDatabase database) : IApiKeyStore
{
    public async Task<ApiKeyDocument?> Get(string id) => (await database.Query(
        new Statement("SELECT body FROM api_key WHERE id = @id", ("@id", id)),
        row => row.Document<ApiKeyDocument>(0))).SingleOrDefault();

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
}
