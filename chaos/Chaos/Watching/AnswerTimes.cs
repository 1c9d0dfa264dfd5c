namespace Loopwave.Chaos.Watching;

/// <summary>Answers of one kind.</summary>
internal sealed record AnswersOfKind(int Count, TimeSpan Longest)
{
    public AnswersOfKind With(AnswersOfKind other) => new(Count + other.Count, Longest > other.Longest ? Longest : other.Longest);
}

/// <summary>
/// How long single attempts took until they were answered, and with what. Of each tenth of a second in which some began it keeps how many there were of each
/// answer, and the longest: as much for many as for few. Any thread.
/// </summary>
internal sealed class AnswerTimes
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(0.1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(long Slice, string Answer), AnswersOfKind> _answers = [];

    /// <param name="answer">Status and code.</param>
    public void Took(DateTimeOffset asked, string answer, TimeSpan time)
    {
        var (slice, one) = ((asked.UtcTicks / Slice.Ticks, answer), new AnswersOfKind(1, time));
        lock (_lock)
        {
            _answers[slice] = _answers.TryGetValue(slice, out var others) ? others.With(one) : one;
        }
    }

    /// <summary>Of what was asked between two moments, by answer: of each slice that begins there.</summary>
    public IReadOnlyDictionary<string, AnswersOfKind> Between(DateTimeOffset from, DateTimeOffset to)
    {
        lock (_lock)
        {
            return _answers.Where(slice => slice.Key.Slice * Slice.Ticks >= from.UtcTicks && slice.Key.Slice * Slice.Ticks < to.UtcTicks)
                .GroupBy(slice => slice.Key.Answer, slice => slice.Value)
                .ToDictionary(answer => answer.Key, answer => answer.Aggregate((one, other) => one.With(other)));
        }
    }
}
