namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What a message of a crash run is.</summary>
internal enum CrashDeed
{
    /// <summary>A text between a number and one person.</summary>
    Text,

    /// <summary>A text in a group, with a sender key.</summary>
    GroupText,
    File,
    Reply,
    Location,
    Contact,
    Poll,
    Reaction,
    Edit,
    Deletion,

    /// <summary>Somebody has read what was written to them.</summary>
    Read,
}

/// <summary>Deals what goes each way: three of five are texts to one person, the others come about as often as each other.</summary>
internal static class CrashMix
{
    /// <summary>What a caller can do through the API.</summary>
    public static IReadOnlyList<CrashDeed> Out { get; } =
    [
        CrashDeed.GroupText, CrashDeed.File, CrashDeed.Reply, CrashDeed.Location,
        CrashDeed.Reaction, CrashDeed.Edit, CrashDeed.Deletion, CrashDeed.Read,
    ];

    /// <summary>What a person can do on a phone.</summary>
    public static IReadOnlyList<CrashDeed> In { get; } = [.. Out, CrashDeed.Contact, CrashDeed.Poll];

    /// <summary>The deeds of each line of a run, in their order.</summary>
    /// <param name="others">What there is beside texts.</param>
    public static IReadOnlyList<IReadOnlyList<CrashDeed>> Deal(IReadOnlyList<CrashDeed> others, int lines, int perLine, Random random)
    {
        CrashDeed[] round = [.. others, .. Enumerable.Repeat(CrashDeed.Text, others.Count * 3 / 2)];
        List<CrashDeed> dealt = [];
        while (dealt.Count < lines * perLine)
        {
            random.Shuffle(round);
            dealt.AddRange(round);
        }

        return [.. dealt.Take(lines * perLine).Chunk(perLine)];
    }
}
