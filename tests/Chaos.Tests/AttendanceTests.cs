using System.Net;
using Loopwave.Chaos.Cluster;
using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>No process of the product may end but by a fault, which starts it again.</summary>
public sealed class AttendanceTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly SkippingClock _clock = new();
    private readonly List<string> _said = [];
    private readonly Dictionary<string, int?> _codes = new() { ["silo 1"] = null, ["silo 2"] = null };
    private readonly Attendance _attendance;

    public AttendanceTests()
    {
        _attendance = new Attendance(_said.Add, _clock);
        Join("silo 1");
        Join("silo 2");
    }

    [Fact]
    public async Task Whoever_is_there_when_a_fault_is_over_did_what_it_should()
    {
        await Stage().Strike(new Something(struck: () => _codes["silo 2"] = 137, healed: () => _codes["silo 2"] = null));

        Assert.Empty(_attendance.Complaints);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task A_process_that_is_gone_when_a_fault_is_over_ended_by_itself(int code)
    {
        await Stage().Strike(new Something(struck: () => _codes["silo 2"] = code, healed: () => { }));

        Assert.Equal([$"silo 2 ended by itself with code {code}"], _attendance.Complaints);
        Assert.Equal(_attendance.Complaints, _said.Where(said => said.Contains("by itself", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_process_that_ended_since_the_last_fault_is_there_again_for_the_next_one()
    {
        (_codes["silo 2"], var found) = (1, (int?)1);

        await Stage().Strike(new Something(struck: () => found = _codes["silo 2"], healed: () => { }));

        Assert.Null(found);
        Assert.Equal(["silo 2 ended by itself with code 1"], _attendance.Complaints);
    }

    [Fact]
    public async Task It_is_started_again_and_told_once()
    {
        _codes["silo 1"] = 3;

        await _attendance.Check();
        await _attendance.Check();

        Assert.Null(_codes["silo 1"]);
        Assert.Single(_attendance.Complaints);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 8)]
    public async Task Numbers_may_move_from_when_a_silo_begins_to_come_back_and_where_none_does_from_when_all_is_as_before(bool starts, int after)
    {
        var stage = Stage();

        await stage.Strike(new Something(struck: _attendance.Starts, healed: () =>
        {
            _clock.Skip(TimeSpan.FromSeconds(3));
            if (starts)
            {
                _attendance.Starts();
            }

            _clock.Skip(TimeSpan.FromSeconds(5));
        }));

        var record = Assert.Single(stage.Records);
        Assert.Equal((after, 8), ((record.MovesFrom - record.HealedAt).TotalSeconds, (record.BackAt - record.HealedAt).TotalSeconds));
    }

    [Theory]
    [InlineData(2, false, 1, "declared dead, and it goes on")]
    [InlineData(2, true, 0, "declared dead, ended, and started again")]
    [InlineData(1, false, 0, "one number was on its way on purpose")]
    [InlineData(0, false, 0, "nobody missed it")]
    public void A_silo_that_stood_still_until_another_one_took_its_numbers_must_end(int taken, bool ended, int complaints, string why)
    {
        var ownership = new Ownership();
        var fault = new FaultRecord("F2", "SIGSTOP of silo 1", ["a"], At(10), At(30));
        foreach (var number in new[] { "n_1", "n_2" })
        {
            ownership.Saw(new(At(0), number, "a", 1));
        }

        for (var i = 1; i <= taken; i++)
        {
            ownership.Saw(new(At(22), $"n_{i}", "b", 2));
        }

        _clock.Skip(TimeSpan.FromSeconds(31));
        if (ended)
        {
            _attendance.Starts();
        }

        _attendance.MustHaveEnded(fault, ownership);

        Assert.True(complaints == _attendance.Complaints.Count, why);

        static DateTimeOffset At(int second) => DateTimeOffset.UnixEpoch.AddSeconds(second);
    }

    private void Join(string name) => _attendance.Joined(name, () => Task.FromResult(_codes[name]), () =>
    {
        _codes[name] = null;
        Join(name);
        return Task.CompletedTask;
    });

    private FaultStage Stage()
    {
        var api = new FakeApi(_clock, nodes: 1, (_, _) => FakeApi.Answer(HttpStatusCode.OK, "{}"));
        return new(null!, _attendance, new ApiCaller(api.Nodes, api.Answers, _clock, Never), new Ownership(), new(_ => { }, _clock, Never), [], _said.Add, _clock, Never);
    }

    private sealed class Something(Action struck, Action healed) : IFault
    {
        public string Id => "F0";

        public string Name => "something";

        public TimeSpan? Length => TimeSpan.FromSeconds(1);

        public Task Strike(ChaosCluster cluster)
        {
            struck();
            return Task.CompletedTask;
        }

        public Task Heal(ChaosCluster cluster)
        {
            healed();
            return Task.CompletedTask;
        }
    }
}
