namespace Loopwave.Storage.Sql;

/// <summary>Expressions that follow merges of parties; rows keep the party they were written with.</summary>
internal static class SqlParties
{
    /// <summary>The party that an expression stands for after all merges.</summary>
    public static string Canonical(string party) =>
        $"coalesce((SELECT merged_into FROM party_merge WHERE party_merge.party = {party}), {party})";

    /// <summary>A subquery of canonical parties and everything that was merged into them.</summary>
    public static string WithMerged(ISqlDialect dialect, string parameter) =>
        $"({dialect.Values(parameter)} UNION SELECT party FROM party_merge WHERE merged_into IN ({dialect.Values(parameter)}))";
}
