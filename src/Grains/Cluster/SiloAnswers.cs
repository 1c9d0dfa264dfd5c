namespace Loopwave.Cluster;

/// <summary>
/// Which of the other silos answer, by questions that are put to them once a second. Counted in looks and not in time: a silo that itself
/// stood still has missed nobody's answer. One thread at a time.
/// </summary>
internal sealed class SiloAnswers
{
    /// <summary>With so many looks in a row since its last answer a silo is silent: for over three seconds, and for four at most.</summary>
    public const int MostMissed = 3;

    /// <summary>
    /// How many questions may be under way that are not late. In a larger cluster those silos are asked first that were not for longest.
    /// </summary>
    public const int MostAsked = 128;

    /// <summary>
    /// After so many looks a question is late, and its silo is asked anew: what hangs, since the way was gone when it was put, must not keep the
    /// silo from being heard. A late answer is an answer all the same.
    /// </summary>
    public const int LateAfter = 2;

    private Dictionary<SiloAddress, Questions> _silos = [];
    private long _looks;

    /// <summary>Those that do not answer.</summary>
    public IEnumerable<SiloAddress> Silent => _silos.Where(silo => silo.Value.Missed >= MostMissed).Select(silo => silo.Key);

    /// <summary>
    /// Looks which answers came since the last look, and says what is to be asked now: nothing of a silo whose last question is under way and
    /// not late. Whoever is not there any more is forgotten.
    /// </summary>
    /// <param name="others">The other silos that are there.</param>
    public IReadOnlyList<SiloQuestion> Look(IEnumerable<SiloAddress> others)
    {
        _looks++;
        _silos = others.ToDictionary(silo => silo, silo => _silos.GetValueOrDefault(silo) ?? new Questions());
        foreach (var questions in _silos.Values)
        {
            questions.Missed += questions.IsUnanswered ? 1 : 0;

            // Whoever is not asked again, since too many others are, misses nothing more.
            questions.IsUnanswered = questions.IsUnderWay;
        }

        var asked = _silos.Where(silo => !IsWaitedFor(silo.Value)).OrderBy(silo => silo.Value.AskedAt)
            .Take(MostAsked - _silos.Values.Count(IsWaitedFor)).ToList();
        foreach (var (_, questions) in asked)
        {
            (questions.AskedAt, questions.IsUnderWay, questions.IsUnanswered) = (_looks, true, true);
        }

        return [.. asked.Select(silo => new SiloQuestion(silo.Key, _looks))];
    }

    /// <summary>What became of a question.</summary>
    /// <param name="answered">Any answer counts; false when there is none.</param>
    public void Heard(SiloQuestion question, bool answered)
    {
        if (!_silos.TryGetValue(question.Silo, out var questions))
        {
            return;
        }

        // What becomes of an earlier question, which was late, leaves the last one under way.
        questions.IsUnderWay &= question.AskedAt != questions.AskedAt;
        if (answered)
        {
            (questions.IsUnanswered, questions.Missed) = (false, 0);
        }
    }

    private bool IsWaitedFor(Questions questions) => questions.IsUnderWay && _looks - questions.AskedAt < LateAfter;

    private sealed class Questions
    {
        /// <summary>The look that it was last asked after; 0 for never.</summary>
        public long AskedAt { get; set; }

        /// <summary>The last question is; others, which were late, may be as well.</summary>
        public bool IsUnderWay { get; set; }

        /// <summary>Nothing was heard since the last look, and something was asked before.</summary>
        public bool IsUnanswered { get; set; }

        public int Missed { get; set; }
    }
}

/// <summary>One question to a silo.</summary>
/// <param name="AskedAt">The look that it was asked after.</param>
internal readonly record struct SiloQuestion(SiloAddress Silo, long AskedAt);
