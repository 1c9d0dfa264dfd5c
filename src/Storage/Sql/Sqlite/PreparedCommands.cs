using Microsoft.Data.Sqlite;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>The prepared commands of one connection, by their text. Used by one thread at a time.</summary>
internal sealed class PreparedCommands(SqliteConnection connection) : IDisposable
{
    // Lists build a few texts from their filters; beyond this many the cache starts over rather than growing.
    private const int Most = 256;
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    public SqliteConnection Connection => connection;

    public SqliteCommand Get(Statement statement)
    {
        if (!_commands.TryGetValue(statement.Sql, out var command))
        {
            command = Add(statement);
        }

        for (var i = 0; i < statement.Parameters.Length; i++)
        {
            command.Parameters[i].Value = statement.Parameters[i].Value ?? DBNull.Value;
        }

        return command;
    }

    public void Execute(string sql) => Get(new Statement(sql)).ExecuteNonQuery();

    public void Dispose()
    {
        Clear();
        connection.Dispose();
    }

    private SqliteCommand Add(Statement statement)
    {
        if (_commands.Count == Most)
        {
            Clear();
        }

        var command = connection.CreateCommand();
        command.CommandText = statement.Sql;
        foreach (var (name, _) in statement.Parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        _commands.Add(statement.Sql, command);
        return command;
    }

    private void Clear()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _commands.Clear();
    }
}
