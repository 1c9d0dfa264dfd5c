using Loopwave.Team;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Grains.Tests.Team;

public sealed class SignInThrottleTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 6, 29, 10, 15, 0, TimeSpan.Zero));

    [Fact]
    public void Five_failures_are_free_and_then_the_wait_doubles_up_to_fifteen_minutes()
    {
        var throttle = new SignInThrottle(_clock);
        var waits = new List<double>();
        for (var i = 0; i < 18; i++)
        {
            throttle.Attempt("dana");
            var wait = throttle.Wait("dana") ?? TimeSpan.Zero;
            waits.Add(wait.TotalSeconds);
            _clock.Advance(wait);
            Assert.Null(throttle.Wait("dana"));
        }

        Assert.Equal([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900], waits);
    }

    [Fact]
    public void A_success_forgets_and_an_attempt_that_was_not_made_does_not_count()
    {
        var throttle = new SignInThrottle(_clock);
        for (var i = 0; i < 6; i++)
        {
            throttle.Attempt("dana");
        }

        throttle.NotMade("dana");
        Assert.Equal(TimeSpan.FromSeconds(1), throttle.Wait("dana"));
        throttle.Succeeded("dana");

        Assert.Null(throttle.Wait("dana"));
    }

    [Fact]
    public void One_does_not_wait_for_another_and_made_up_names_do_not_push_a_recent_one_out()
    {
        var throttle = new SignInThrottle(_clock);
        for (var i = 0; i < 9_000; i++)
        {
            throttle.Attempt("made-up-" + i);
        }

        _clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 8; i++)
        {
            throttle.Attempt("dana");
        }

        for (var i = 0; i < 5_000; i++)
        {
            throttle.Attempt("also-made-up-" + i);
        }

        Assert.Equal(TimeSpan.FromSeconds(8), throttle.Wait("dana"));
        Assert.Null(throttle.Wait("somebody else"));
    }

    [Fact]
    public void Failures_are_forgotten_after_a_day()
    {
        var throttle = new SignInThrottle(_clock);
        for (var i = 0; i < 9; i++)
        {
            throttle.Attempt("dana");
        }

        _clock.Advance(TimeSpan.FromHours(25));
        throttle.Attempt("dana");

        Assert.Null(throttle.Wait("dana"));
    }
}
