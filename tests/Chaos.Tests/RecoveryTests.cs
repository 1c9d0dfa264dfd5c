using System.Net;
using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>I12: what has to come about by itself has two minutes, and a run that takes longer fails.</summary>
public sealed class RecoveryTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly SkippingClock _clock = new();

    [Theory]
    [InlineData(115, 0)]
    [InlineData(480, 1)]
    public async Task What_takes_longer_than_two_minutes_is_a_violation(int seconds, int found)
    {
        var recovery = NewRecovery();

        var inTime = await recovery.Until(() => Task.FromResult(_clock.GetUtcNow() >= DateTimeOffset.UnixEpoch.AddSeconds(seconds)), "the queues to be empty");

        Assert.Equal(found == 0, inTime);
        Assert.Equal(found, recovery.Late.Count);
        Assert.All(recovery.Late, late => Assert.Equal(("I12", "waited 2 minutes in vain for the queues to be empty"), (late.Invariant, late.What)));
    }

    [Fact]
    public async Task What_has_to_come_about_in_one_time_shares_it()
    {
        var recovery = NewRecovery();
        var began = recovery.Begin();

        await recovery.Until(began, () => Over(90), "one thing");
        await recovery.Until(began, () => Over(150), "another");

        Assert.Contains("another", Assert.Single(recovery.Late).What, StringComparison.Ordinal);

        Task<bool> Over(int seconds) => Task.FromResult(_clock.GetUtcNow() >= DateTimeOffset.UnixEpoch.AddSeconds(seconds));
    }

    [Fact]
    public async Task What_was_found_so_by_a_look_that_took_too_long_is_a_violation()
    {
        var recovery = NewRecovery();

        Assert.False(await recovery.Until(Look, "an answer"));

        Assert.Single(recovery.Late);

        Task<bool> Look()
        {
            _clock.Skip(TimeSpan.FromSeconds(150));
            return Task.FromResult(true);
        }
    }

    [Fact]
    public async Task What_is_so_when_something_else_has_taken_all_the_time_is_no_violation_of_its_own()
    {
        var recovery = NewRecovery();
        var began = recovery.Begin();
        await recovery.Until(began, () => Task.FromResult(false), "one thing");

        Assert.True(await recovery.Until(began, () => Task.FromResult(true), "another"));

        Assert.Contains("one thing", Assert.Single(recovery.Late).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Numbers_that_do_not_become_ready_fail_the_run()
    {
        var recovery = NewRecovery();

        Assert.False(await Stage(recovery).AllReady());

        Assert.Equal("I12", Assert.Single(recovery.Late).Invariant);
    }

    [Fact]
    public async Task Numbers_that_are_not_back_after_a_fault_fail_the_run()
    {
        var recovery = NewRecovery();

        await Stage(recovery).Strike(new UntilBack());

        Assert.Equal(("I12", "waited 2 minutes in vain for all numbers to be back after something"), (Assert.Single(recovery.Late).Invariant, recovery.Late[0].What));
    }

    private Recovery NewRecovery() => new(_ => { }, _clock, Never);

    // One of its two numbers is ready, and stays alone.
    private FaultStage Stage(Recovery recovery)
    {
        var api = new FakeApi(_clock, nodes: 1, (_, _) => FakeApi.Answer(HttpStatusCode.OK, """{ "data": [{ "since": "2026-01-01T12:00:00Z" }], "nextCursor": null }"""));
        Line[] lines = [new("n_1", EngineKind.Sandbox, ""), new("n_2", EngineKind.Sandbox, "")];
        return new(null!, new Attendance(_ => { }, _clock), new ApiCaller(api.Nodes, api.Answers, _clock, Never), new Ownership(), recovery, lines, _ => { }, _clock, Never);
    }

    private sealed class UntilBack : IFault
    {
        public string Id => "F0";

        public string Name => "something";

        public TimeSpan? Length => null;

        public Task Strike(Cluster.ChaosCluster cluster) => Task.CompletedTask;
    }
}
