namespace Loopwave.Numbers;

/// <summary>A part of all numbers: the ids between the two, which are themselves too short to be ids.</summary>
public sealed record NumberRange(string After, string Before)
{
    /// <summary>How many shards all numbers are divided into. Ids are random, so each has about as many.</summary>
    public static int Shards => NewId.Alphabet.Length;

    /// <param name="shard">From 0 up to <see cref="Shards"/>, and without that.</param>
    public static NumberRange OfShard(int shard) => new(Start(shard), Start(shard + 1));

    private static string Start(int shard) => shard < Shards ? $"n{NewId.Alphabet[shard]}" : "o";
}
