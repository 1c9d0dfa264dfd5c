using System.Net;
using Xunit;

namespace Loopwave.Cluster;

public sealed class SiloAnswersTests
{
    private static readonly SiloAddress A = Address(1), B = Address(2);

    private readonly SiloAnswers _answers = new();

    [Fact]
    public void Each_look_asks_everybody_who_has_answered()
    {
        for (var look = 0; look < 10; look++)
        {
            Assert.Equal([A, B], _answers.Look([A, B]));
            Heard(true, A, B);
        }

        Assert.Empty(_answers.Silent);
    }

    [Fact]
    public void A_silo_is_silent_with_the_third_look_after_its_first_question_without_an_answer()
    {
        _answers.Look([A, B]);
        Heard(true, A, B);
        for (var look = 0; look < 3; look++)
        {
            _answers.Look([A, B]);
            Heard(true, A);
            Assert.Empty(_answers.Silent);
        }

        _answers.Look([A, B]);
        Assert.Equal([B], _answers.Silent);
    }

    [Fact]
    public void Who_still_owes_an_answer_is_not_asked_again()
    {
        _answers.Look([A, B]);
        Heard(true, A);

        Assert.Equal([A], _answers.Look([A, B]));
        Heard(true, A);
        Assert.Equal([A], _answers.Look([A, B]));
        Heard(false, B);
        Assert.Equal([B], _answers.Look([A, B]));
    }

    [Fact]
    public void Questions_that_fail_at_once_count_like_those_that_are_waited_for()
    {
        for (var look = 0; look < 3; look++)
        {
            _answers.Look([A]);
            Heard(false, A);
            Assert.Empty(_answers.Silent);
        }

        _answers.Look([A]);
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
            _answers.Look([A]);
            Assert.Empty(_answers.Silent);
        }
    }

    [Fact]
    public void A_silo_that_is_gone_is_silent_no_more_and_what_it_still_says_is_nothing()
    {
        Silence(A);

        Assert.Equal([B], _answers.Look([B]));
        Assert.Empty(_answers.Silent);

        Heard(true, A);
        Assert.Empty(_answers.Look([B]));
    }

    [Fact]
    public void Of_a_large_cluster_a_bounded_number_are_asked_at_once_and_the_others_next_and_nobody_is_silent_for_not_being_asked()
    {
        var silos = Enumerable.Range(1, SiloAnswers.MostAsked + 50).Select(Address).ToArray();

        var first = _answers.Look(silos);
        Heard(true, [.. first]);
        var second = _answers.Look(silos);
        Heard(true, [.. second]);

        Assert.Equal((SiloAnswers.MostAsked, SiloAnswers.MostAsked), (first.Count, second.Count));
        Assert.Equal(silos, first.Union(second));

        // As many as may be asked owe their answers.
        var owing = _answers.Look(silos);
        for (var look = 0; look < 5; look++)
        {
            Assert.Empty(_answers.Look(silos));
        }

        Assert.Equal(owing.ToHashSet(), _answers.Silent.ToHashSet());

        // Whoever failed and cannot be asked again yet misses no more by that.
        var (failed, waiting) = (owing[0], silos.Except(owing).First());
        Heard(true, failed);
        _answers.Look(silos);
        Heard(false, waiting);
        for (var look = 0; look < 5; look++)
        {
            _answers.Look(silos);
        }

        Assert.DoesNotContain(waiting, _answers.Silent);
    }

    private void Silence(SiloAddress silo)
    {
        for (var look = 0; look <= SiloAnswers.MostMissed; look++)
        {
            _answers.Look([silo]);
        }

        Assert.Equal([silo], _answers.Silent);
    }

    private void Heard(bool answered, params SiloAddress[] silos)
    {
        foreach (var silo in silos)
        {
            _answers.Heard(silo, answered);
        }
    }

    private static SiloAddress Address(int port) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1);
}
