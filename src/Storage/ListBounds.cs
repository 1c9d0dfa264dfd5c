namespace Loopwave.Storage;

/// <summary>How much one page of a list may cost, in every database.</summary>
internal static class ListBounds
{
    /// <summary>
    /// Rows that a page looks at when its filter is one that no index answers, such as a search. What it found by then is the page, and
    /// its cursor goes on behind the last row that was looked at.
    /// </summary>
    public const int MostExamined = 5000;

    /// <summary>Values of one column that are looked up in one query; for more there are several.</summary>
    public const int MostAtOnce = 50;

    /// <summary>The share of each of several indexes that are walked side by side.</summary>
    public static int ExaminedOfEach(int walks) => Math.Max(2, MostExamined / walks);
}
