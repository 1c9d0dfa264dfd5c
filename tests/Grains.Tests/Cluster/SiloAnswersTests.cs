using System.Net;
using Xunit;

namespace Loopwave.Cluster;

public sealed class SiloAnswersTests
{
    private static readonly SiloAddress A = Address(1), B = Address(2);

    private readonly SiloAnswers _answers = new();
    private readonly Dictionary<SiloAddress, SiloQuestion> _last = [];

    [Fact]
    public void Each_look_asks_everybody_who_has_answered()
    {
        for (var look = 0; look < 10; look++)
        {
            Assert.Equal([A, B], Look(A, B));
            Heard(true, A, B);
        }

        Assert.Empty(_answers.Silent);
    }

    [Fact]
    public void A_silo_is_silent_with_the_third_look_after_its_first_question_without_an_answer()
    {
        Look(A, B);
        Heard(true, A, B);
        for (var look = 0; look < 3; look++)
        {
            Look(A, B);
            Heard(true, A);
            Assert.Empty(_answers.Silent);
        }

        Look(A, B);
        Assert.Equal([B], _answers.Silent);
    }

    [Fact]
    public void Who_still_owes_an_answer_is_asked_again_once_it_is_late()
    {
        Look(A, B);
        Heard(true, A);

        Assert.Equal([A], Look(A, B));
        Heard(true, A);
        Assert.Equal([B, A], Look(A, B));
        Heard(true, A);
        Assert.Equal([A], Look(A, B));
        Heard(true, A);
        Heard(false, B);
        Assert.Equal([B, A], Look(A, B));
    }

    [Fact]
    public void A_question_that_hangs_keeps_its_silo_neither_from_falling_silent_nor_from_being_heard_once_it_answers()
    {
        Look(A);
        var hangs = _last[A];
        Look(A);
        Look(A);
        Assert.NotEqual(hangs, _last[A]);
        Look(A);
        Assert.Equal([A], _answers.Silent);

        Heard(true, A);

        Assert.Empty(_answers.Silent);
        for (var look = 0; look < 5; look++)
        {
            Assert.Equal([A], Look(A));
            Heard(true, A);
        }

        _answers.Heard(hangs, false);
        Assert.Equal([A], Look(A));
        Assert.Empty(_answers.Silent);
    }

    [Fact]
    public void A_silo_of_which_each_answer_is_late_by_much_is_silent_only_until_the_first()
    {
        var questions = new Queue<SiloQuestion>();
        for (var look = 1; look <= 60; look++)
        {
            foreach (var question in _answers.Look([A]))
            {
                questions.Enqueue(question);
            }

            // Its first answer comes after the sixth look.
            Assert.Equal(look is 4 or 5 or 6, _answers.Silent.Any());
            while (look - questions.Peek().AskedAt >= 5)
            {
                _answers.Heard(questions.Dequeue(), true);
            }

            Assert.InRange(questions.Count, 1, 3);
        }
    }

    [Fact]
    public void What_became_of_a_late_question_leaves_the_last_one_under_way()
    {
        Look(A);
        var late = _last[A];
        Look(A);
        Assert.Equal([A], Look(A));

        _answers.Heard(late, false);

        Assert.Empty(Look(A));
    }

    [Fact]
    public void Questions_that_fail_at_once_count_like_those_that_are_waited_for()
    {
        for (var look = 0; look < 3; look++)
        {
            Look(A);
            Heard(false, A);
            Assert.Empty(_answers.Silent);
        }

        Look(A);
        Assert.Equal([A], _answers.Silent);
    }

    [Fact]
    public void One_answer_is_enough_also_a_late_one()
    {
        Silence(A);

        Heard(true, A);

        Assert.Empty(_answers.Silent);
        for (var look = 0; look < 3; look++)
        {
            Look(A);
            Assert.Empty(_answers.Silent);
        }
    }

    [Fact]
    public void A_silo_that_is_gone_is_silent_no_more_and_what_it_still_says_is_nothing()
    {
        Silence(A);

        Assert.Equal([B], Look(B));
        Assert.Empty(_answers.Silent);

        Heard(true, A);
        Assert.Empty(Look(B));
    }

    [Fact]
    public void Of_a_large_cluster_a_bounded_number_are_asked_at_once_and_the_others_next_and_nobody_is_silent_for_not_being_asked()
    {
        var silos = Enumerable.Range(1, SiloAnswers.MostAsked + 50).Select(Address).ToArray();

        var first = Look(silos);
        Heard(true, [.. first]);
        var second = Look(silos);
        Heard(true, [.. second]);

        Assert.Equal((SiloAnswers.MostAsked, SiloAnswers.MostAsked), (first.Count, second.Count));
        Assert.Equal(silos, first.Union(second));

        // As many as may be asked owe their answers, until they are late.
        var owing = Look(silos);
        Assert.Empty(Look(silos));
        var third = Look(silos);
        Assert.Equal((SiloAnswers.MostAsked, 50), (third.Count, third.Except(owing).Count()));
        Look(silos);
        Assert.Equal(owing.ToHashSet(), _answers.Silent.ToHashSet());
    }

    [Fact]
    public void Who_failed_and_cannot_be_asked_again_since_too_many_others_are_misses_nothing_more_by_that()
    {
        var silos = Enumerable.Range(1, SiloAnswers.MostAsked * 5).Select(Address).ToArray();
        var failed = Look(silos)[0];
        Heard(false, failed);

        for (var look = 0; look < 6; look++)
        {
            Assert.DoesNotContain(failed, Look(silos));
        }

        Assert.DoesNotContain(failed, _answers.Silent);
        Assert.NotEmpty(_answers.Silent);
    }

    private void Silence(SiloAddress silo)
    {
        for (var look = 0; look <= SiloAnswers.MostMissed; look++)
        {
            Look(silo);
        }

        Assert.Equal([silo], _answers.Silent);
    }

    private void Heard(bool answered, params SiloAddress[] silos)
    {
        foreach (var silo in silos)
        {
            _answers.Heard(_last[silo], answered);
        }
    }

    // Who is asked.
    private List<SiloAddress> Look(params IEnumerable<SiloAddress> silos)
    {
        var asked = _answers.Look(silos);
        foreach (var question in asked)
        {
            _last[question.Silo] = question;
        }

        return [.. asked.Select(question => question.Silo)];
    }

    private static SiloAddress Address(int port) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1);
}
