using System.Data;
using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>A connection that sends statements together, in one round trip. Used by one thread.</summary>
internal sealed class PostgresSession(NpgsqlConnection connection, PostgresTexts texts) : IDisposable
{
    /// <summary>The server's process for it.</summary>
    public int Process { get; } = connection.ProcessID;

    /// <summary>Nothing can be sent over it any more.</summary>
    public bool IsLost => connection.State is not ConnectionState.Open;

    /// <summary>Sends statements and returns what each of them did, up to the first that failed.</summary>
    public PostgresAnswers Send(params IReadOnlyList<Statement> statements)
    {
        using var batch = connection.CreateBatch();
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(texts.Command(statement));
        }

        var answers = new PostgresAnswer[statements.Count];
        try
        {
            using var reader = batch.ExecuteReader();
            for (var i = 0; i < answers.Length; i++)
            {
                if (statements[i].Returns)
                {
                    answers[i] = reader.Read() ? new(1, reader.IsDBNull(0) ? null : reader.GetValue(0)) : new(0, null);
                    reader.NextResult();
                }
            }
        }
        catch (PostgresException error) when (!IsLost && error.BatchCommand is not null)
        {
            var failed = batch.BatchCommands.IndexOf(error.BatchCommand);
            Count(failed);
            return new PostgresAnswers(answers[..failed], error);
        }

        Count(answers.Length);
        return new PostgresAnswers(answers, null);

        void Count(int done)
        {
            for (var i = 0; i < done; i++)
            {
                if (!statements[i].Returns)
                {
                    answers[i] = new PostgresAnswer((int)batch.BatchCommands[i].Rows, null);
                }
            }
        }
    }

    /// <summary>Sends a statement that may not fail.</summary>
    public void Do(Statement statement)
    {
        if (Send(statement).Error is { } error)
        {
            throw error;
        }
    }

    // Closing the connection rolls back what is open.
    public void Dispose() => connection.Dispose();
}

/// <summary>What a statement did.</summary>
/// <param name="Rows">How many rows it changed; of one that returns, whether there was one.</param>
internal readonly record struct PostgresAnswer(int Rows, object? Value);

/// <param name="Done">In the order of the statements; fewer than those when one failed.</param>
/// <param name="Error">Why the one behind them failed.</param>
internal readonly record struct PostgresAnswers(PostgresAnswer[] Done, PostgresException? Error);
