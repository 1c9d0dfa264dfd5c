using System.Text.Json;

namespace Loopwave.Storage.Sql.Sqlite;

internal sealed class SqliteDialect(bool singleProcess = true, string migrations = SqliteMigrations.Folder) : ISqlDialect
{
    public string Migrations => migrations;

    public string Now => "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    public bool SingleProcess => singleProcess;

    public string Values(string parameter) => $"SELECT value FROM json_each({parameter})";

    public object List(IEnumerable<string> values) => JsonSerializer.Serialize(values);

    public string Numbers(string parameter) => Values(parameter);

    public object NumberList(IEnumerable<long> values) => JsonSerializer.Serialize(values);

    // There is one writer.
    public bool SideBySide => false;

    public string Locked => "";

    public string LockedOrLeft => "";

    public Statement Alone(string what) => throw new NotSupportedException();

    public string Unindexed(string column) => "+" + column;
}
