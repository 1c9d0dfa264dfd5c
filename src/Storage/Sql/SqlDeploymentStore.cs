using Loopwave.Deployment;

namespace Loopwave.Storage.Sql;

internal sealed class SqlDeploymentStore(ISqlDatabase database) : IDeploymentStore
{
    private const string ProbeSetting = "storage.probe";

    public async Task<string?> Setting(string name) => (await database.Query(
        new Statement("SELECT value FROM setting WHERE name = @name", ("@name", name)),
        row => row.GetString(0))).SingleOrDefault();

    public Task PutSetting(string name, string value) => database.Run(new Unit(
    [
        new Statement(
            "INSERT INTO setting (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            ("@name", name), ("@value", value)),
    ],
    name));

    public async Task<string> EnsureSetting(string name, string value)
    {
        var result = await database.Run(new Unit(
        [
            // An update that changes nothing makes the earlier value the one that is returned.
            new Statement(
                "INSERT INTO setting (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = setting.value RETURNING value",
                ("@name", name), ("@value", value)).Returning(),
        ],
        name));
        return (string)result.Value!;
    }

    public async Task Probe(CancellationToken cancellationToken)
    {
        await PutSetting(ProbeSetting, "written").WaitAsync(cancellationToken);
        await Setting(ProbeSetting).WaitAsync(cancellationToken);
    }

    public async Task<StoreState> State()
    {
        var changes = await database.Query(
            new Statement($"SELECT {database.Dialect.Now}, scriptname FROM schemaversions"),
            row => (At: row.GetInt64(0), Name: row.GetString(1)));
        return changes is []
            ? throw new StorageUnavailableException("The database does not say which release it is of: it was emptied, or is being restored.")
            : new StoreState(
                DateTimeOffset.FromUnixTimeMilliseconds(changes.Max(change => change.At)),
                KnownChanges.IsNewer(changes.Select(change => change.Name), Scripts.NamesIn(database.Dialect.Migrations)));
    }
}
