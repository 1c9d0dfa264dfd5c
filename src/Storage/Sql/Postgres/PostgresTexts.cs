using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>
/// Statements as PostgreSQL takes them: parameters by place and with a type. A null has the type that its parameter had
/// before. While there was none, the statement is another text: what was prepared of it would not be used for values, which
/// have a type, and they would be parsed and planned each time.
/// </summary>
internal sealed partial class PostgresTexts
{
    // Lists build a few texts from their filters; beyond this many they are made anew.
    private const int Most = 1024;

    private readonly ConcurrentDictionary<string, Text> _texts = new();

    /// <summary>The statement as one of several that are sent together.</summary>
    public NpgsqlBatchCommand Command(Statement statement)
    {
        var text = Find(statement);
        var command = new NpgsqlBatchCommand();
        var untyped = Fill(command.Parameters, text, statement);
        command.CommandText = untyped.Length == 0 ? text.Sql : $"{text.Sql} --{untyped}";
        return command;
    }

    /// <summary>What PostgreSQL cannot store in a text, replaced as everybody replaces it.</summary>
    internal static string Storable(string value)
    {
        var storable = value;
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            storable = storable.Replace('\0', '\uFFFD');
        }

        // A whole pair is well; half of one is no character.
        return storable.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(storable)) : storable;
    }

    /// <summary>Names the places of the nulls that have no type yet.</summary>
    private static string Fill(NpgsqlParameterCollection parameters, Text text, Statement statement)
    {
        var untyped = "";
        for (var place = 0; place < text.Order.Length; place++)
        {
            var value = statement.Parameters[text.Order[place]].Value;
            var parameter = new NpgsqlParameter { Value = value is string words ? Storable(words) : value ?? DBNull.Value };
            if (value is not null)
            {
                text.Types[place] = parameter.NpgsqlDbType = TypeOf(value);
            }
            else if (text.Types[place] is { } known)
            {
                parameter.NpgsqlDbType = known;
            }
            else
            {
                untyped += $" ${place + 1}";
            }

            parameters.Add(parameter);
        }

        return untyped;
    }

    private static NpgsqlDbType TypeOf(object value) => value switch
    {
        string => NpgsqlDbType.Text,
        long => NpgsqlDbType.Bigint,
        int => NpgsqlDbType.Integer,
        byte[] => NpgsqlDbType.Bytea,
        string[] => NpgsqlDbType.Array | NpgsqlDbType.Text,
        long[] => NpgsqlDbType.Array | NpgsqlDbType.Bigint,
        _ => throw new ArgumentException($"A {value.GetType().Name} is no parameter.", nameof(value)),
    };

    private Text Find(Statement statement)
    {
        if (_texts.TryGetValue(statement.Sql, out var text))
        {
            return text;
        }

        if (_texts.Count >= Most)
        {
            _texts.Clear();
        }

        return _texts.GetOrAdd(statement.Sql, Translate(statement));
    }

    private static Text Translate(Statement statement)
    {
        var order = new List<int>();
        var sql = Parameter().Replace(statement.Sql, match =>
        {
            var index = Array.FindIndex(statement.Parameters, parameter => parameter.Name == match.Value);
            if (index < 0)
            {
                throw new ArgumentException($"There is no parameter {match.Value}: {statement.Sql}", nameof(statement));
            }

            if (!order.Contains(index))
            {
                order.Add(index);
            }

            return $"${order.IndexOf(index) + 1}";
        });
        return new Text(sql, [.. order], new NpgsqlDbType?[order.Count]);
    }

    [GeneratedRegex("@[A-Za-z][A-Za-z0-9]*")]
    private static partial Regex Parameter();

    /// <param name="Sql">With a number for each parameter.</param>
    /// <param name="Order">Which of the statement's parameters stands at each place.</param>
    /// <param name="Types">What each place was last.</param>
    private sealed record Text(string Sql, int[] Order, NpgsqlDbType?[] Types);
}
