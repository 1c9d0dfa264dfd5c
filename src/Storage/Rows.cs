using System.Data.Common;
using System.Text.Json;

namespace Loopwave.Storage;

/// <summary>How our types look in a database.</summary>
internal static class Rows
{
    public static T Document<T>(this DbDataReader row, int column) => StorageJson.Read<T>(row.GetString(column));

    public static string? Text(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static DateTimeOffset Time(this DbDataReader row, int column) => new(row.GetInt64(column), TimeSpan.Zero);

    public static long Ticks(DateTimeOffset time) => time.UtcTicks;

    public static int Flag(bool flag) => flag ? 1 : 0;

    /// <summary>An enum as it stands in documents too: <c>logged_out</c>.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum =>
        EnumWords<T>.Words[value];

    private static class EnumWords<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<T, string> Words =
            Enum.GetValues<T>().ToDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));
    }
}
