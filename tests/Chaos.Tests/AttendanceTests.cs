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
        _attendance = new Attendance(_said.Add);
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
    public async Task It_is_started_again_and_told_once()
    {
        _codes["silo 1"] = 3;

        await _attendance.Check();
        await _attendance.Check();

        Assert.Null(_codes["silo 1"]);
        Assert.Single(_attendance.Complaints);
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
