namespace Loopwave.Cluster;

/// <summary>
/// Which of the other silos answer, by questions that are put to them once a second. Counted in looks and not in time: a silo that itself
/// stood still has missed nobody's answer. One thread at a time.
/// </summary>
internal sealed class SiloAnswers
{
    /// <summary>With so many looks in a row since its last answer a silo is silent: for over three seconds, and for four at most.</summary>
    public const int MostMissed = 3;

    /// <summary>How many questions may be under way. In a larger cluster those silos are asked first that were not for longest.</summary>
    public const int MostAsked = 128;

    private Dictionary<SiloAddress, Questions> _silos = [];
    private long _looks;

    /// <summary>Those that do not answer.</summary>
    public IEnumerable<SiloAddress> Silent => _silos.Where(silo => silo.Value.Missed >= MostMissed).Select(silo => silo.Key);

    /// <summary>
    /// Looks which answers came since the last look, and says who is to be asked now: nobody of whom an answer is still waited for. Whoever
    /// is not there any more is forgotten.
    /// </summary>
    /// <param name="others">The other silos that are there.</param>
    public IReadOnlyList<SiloAddress> Look(IEnumerable<SiloAddress> others)
    {
        _looks++;
        _silos = others.ToDictionary(silo => silo, silo => _silos.GetValueOrDefault(silo) ?? new Questions());
        foreach (var questions in _silos.Values.Where(questions => questions.IsUnanswered))
        {
            questions.Missed++;

            // Whoever is not asked again, since too many others are, misses nothing more.
            questions.IsUnanswered = questions.IsUnderWay;
        }

        var asked = _silos.Where(silo => !silo.Value.IsUnderWay).OrderBy(silo => silo.Value.AskedAt)
            .Take(MostAsked - _silos.Values.Count(questions => questions.IsUnderWay)).ToList();
        foreach (var (_, questions) in asked)
        {
            (questions.AskedAt, questions.IsUnderWay, questions.IsUnanswered) = (_looks, true, true);
        }

        return [.. asked.Select(silo => silo.Key)];
    }

    /// <summary>What became of a question.</summary>
    /// <param name="answered">Any answer counts; false when there is none.</param>
    public void Heard(SiloAddress silo, bool answered)
    {
        if (!_silos.TryGetValue(silo, out var questions))
        {
            return;
        }

        questions.IsUnderWay = false;
        if (answered)
        {
            (questions.IsUnanswered, questions.Missed) = (false, 0);
        }
    }

    private sealed class Questions
    {
        /// <summary>The look that it was last asked after; 0 for never.</summary>
        public long AskedAt { get; set; }

        public bool IsUnderWay { get; set; }

        /// <summary>The last question has no answer: not yet, or none came in time.</summary>
        public bool IsUnanswered { get; set; }

        public int Missed { get; set; }
    }
}
