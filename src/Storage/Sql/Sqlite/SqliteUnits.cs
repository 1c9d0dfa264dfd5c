using Microsoft.Data.Sqlite;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>The one connection that writes. After a failing disk a new one takes its place.</summary>
internal sealed class SqliteUnits(SqliteConnections connections, IUnitFaults? faults) : IUnitRunner
{
    private PreparedCommands? _commands = new(connections.OpenWriter());

    public void Commit(List<WaitingUnit> units)
    {
        _commands ??= new PreparedCommands(connections.OpenWriter());
        new SqliteBatch(_commands, faults).Commit(units);
    }

    // Closing the connection rolls back what is open.
    public void Reset()
    {
        var commands = _commands;
        _commands = null;
        try
        {
            commands?.Dispose();
        }
        catch (SqliteException)
        {
            // A disk that fails can fail at closing too; the next connection starts afresh either way.
        }
    }

    public void Dispose() => Reset();
}
