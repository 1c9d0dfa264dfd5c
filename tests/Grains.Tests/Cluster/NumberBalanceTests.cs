using System.Collections.Immutable;
using System.Net;
using System.Reflection;
using Loopwave.Numbers;
using Loopwave.Testing.Api;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>
/// When a silo gives numbers away of which it has too many, and how fast. The connect budget lets ten numbers a second connect to WhatsApp; a tenth
/// of that is one a second, for all silos together.
/// </summary>
public sealed class NumberBalanceTests : IDisposable
{
    private static readonly SiloAddress Self = Address(1), Other = Address(2), Third = Address(3);

    private readonly FakeTimeProvider _clock = new();
    private readonly DateTimeOffset _start;
    private readonly NumberOptions _options = new();
    private readonly LocalNumbers _numbers = new();
    private readonly SiloChoice _choice = new();
    private readonly List<(string Number, double Second)> _left = [];
    private readonly LogLines _log = new();
    private readonly LoggerFactory _loggers;
    private readonly NumberBalance _balance;

    private TimeSpan _arrivesAfter;
    private string? _cannotLeave;
    private int _made;

    public NumberBalanceTests()
    {
        _start = _clock.GetUtcNow();
        _loggers = new LoggerFactory([_log]);
        var grains = DispatchProxy.Create<IGrainFactory, Places>();
        ((Places)(object)grains).Find = number => new Place(this, number);
        var moves = new NumberMoves(grains, _choice, new Members(Self, Other, Third), new ThisSilo(), _clock);
        _balance = new NumberBalance(_numbers, moves, Options.Create(_options), _clock, _loggers.CreateLogger<NumberBalance>());
    }

    public void Dispose() => _loggers.Dispose();

    [Fact]
    public async Task What_is_above_the_average_is_given_away_one_a_second_and_no_more()
    {
        Add(40);
        await Pass(60);

        Check(Report(Self, 40), Report(Other, 0));
        await Pass(120);

        Assert.Equal(Seconds(60, 20, every: 1), _left.Select(left => left.Second));
        Assert.Equal(20, _left.DistinctBy(left => left.Number).Count());
    }

    [Fact]
    public async Task No_more_are_given_away_at_a_time_than_may_connect_until_the_next_time()
    {
        Add(200);
        await Pass(60);

        Check(Report(Self, 200), Report(Other, 0));
        await Pass(120);

        Assert.Equal(Seconds(60, 60, every: 1), _left.Select(left => left.Second));
    }

    [Fact]
    public async Task Silos_that_give_away_at_the_same_time_share_what_may_connect()
    {
        Add(200);
        await Pass(60);

        Check(Report(Self, 200), Report(Third, 200), Report(Other, 0));
        await Pass(120);

        Assert.Equal(Seconds(60, 30, every: 2), _left.Select(left => left.Second));
    }

    [Fact]
    public async Task Of_each_network_as_many_go_as_it_has_a_part_of_the_numbers_and_the_sandbox_has_no_budget()
    {
        Add(40);
        Add(160, EngineKind.Sandbox);
        await Pass(60);

        Check(Report(Self, 200), Report(Other, 0));
        await Pass(120);

        Assert.Equal(20, _left.Count(left => left.Number.StartsWith(nameof(EngineKind.WhatsApp), StringComparison.Ordinal)));
        var sandbox = _left.Where(left => left.Number.StartsWith(nameof(EngineKind.Sandbox), StringComparison.Ordinal)).ToList();
        Assert.Equal((80, 1), (sandbox.Count, sandbox.DistinctBy(left => left.Second).Count()));
    }

    [Fact]
    public async Task Without_a_budget_no_more_than_five_hundred_go_at_a_time()
    {
        Add(1200, EngineKind.Sandbox);
        await Pass(60);

        Check(Report(Self, 1200), Report(Other, 0));
        await Pass(30);

        Assert.Equal(500, _left.Count);
    }

    [Fact]
    public async Task It_is_looked_at_once_a_period()
    {
        Add(20);
        await Pass(59);
        Check(Report(Self, 20), Report(Other, 0));
        Assert.Empty(_left);

        await Pass(1);
        Check(Report(Self, 20), Report(Other, 0));
        await Pass(30);
        Assert.Equal(10, _left.Count);

        Add(50);
        Check(Report(Self, 60), Report(Other, 0));
        await Pass(29);
        Assert.Equal(10, _left.Count);

        await Pass(1);
        Check(Report(Self, 60), Report(Other, 0));
        await Pass(60);
        Assert.Equal(40, _left.Count);
    }

    [Fact]
    public async Task While_numbers_are_on_their_way_no_others_are_chosen()
    {
        _options.SweepPeriod = TimeSpan.FromSeconds(5);
        _arrivesAfter = TimeSpan.FromSeconds(4);
        Add(100);
        await Pass(5);
        Check(Report(Self, 100), Report(Other, 0));
        await Pass(5);

        // The last of five left a second ago.
        Check(Report(Self, 95), Report(Other, 5));
        await Pass(4);
        Assert.Equal(Seconds(5, 5, every: 1), _left.Select(left => left.Second));

        Check(Report(Self, 95), Report(Other, 5));
        await Pass(1);
        Assert.Equal(7, _left.Count);
    }

    [Theory]
    [InlineData(16, 0)]
    [InlineData(15, 20)]
    public async Task While_many_numbers_have_something_to_send_none_is_given_away_and_never_one_of_those(int sending, int given)
    {
        var busy = Add(40)[..sending];
        busy.ForEach(number => number.Is(Ready, 1, null));
        await Pass(60);

        Check(Report(Self, 40), Report(Other, 0));
        await Pass(60);

        Assert.Equal(given, _left.Count);
        Assert.DoesNotContain(_left, left => busy.Exists(number => number.Id == left.Number));
    }

    [Theory]
    [InlineData(8, 0)]
    [InlineData(7, 20)]
    public async Task While_many_numbers_come_back_none_is_given_away(int connecting, int given)
    {
        Add(40)[..connecting].ForEach(number => number.Is(new NumberSession { State = SessionState.Connecting, Paired = true }, 0, null));
        await Pass(60);

        Check(Report(Self, 40), Report(Other, 0));
        await Pass(60);

        Assert.Equal(given, _left.Count);
    }

    [Fact]
    public async Task Only_numbers_that_nobody_links_and_that_have_nothing_to_send_are_chosen()
    {
        var idle = AddWithIdle(10);
        await Pass(60);

        Check(Report(Self, 40), Report(Other, 0));
        await Pass(60);

        Assert.Equal(idle.Select(number => number.Id).Order(), _left.Select(left => left.Number).Order());
    }

    [Fact]
    public async Task A_number_that_has_something_to_send_when_its_turn_comes_stays()
    {
        var all = Add(40);
        await Pass(60);
        Check(Report(Self, 40), Report(Other, 0));

        await Pass(5);
        all.ForEach(number => number.Is(Ready, 1, null));
        await Pass(60);

        Assert.Equal(Seconds(60, 6, every: 1), _left.Select(left => left.Second));
    }

    [Fact]
    public async Task After_a_report_that_took_long_none_is_given_away_until_one_does_not()
    {
        Add(40);
        await Pass(60);

        _balance.Check([Report(Self, 40), Report(Other, 0)], TimeSpan.FromSeconds(1.1), CancellationToken.None);
        await Pass(5);
        Assert.Empty(_left);

        Check(Report(Self, 40), Report(Other, 0));
        await Pass(60);
        Assert.Equal(20, _left.Count);
    }

    [Theory]
    [InlineData(5.5, 6)]
    [InlineData(4.5, 20)]
    public async Task A_number_that_takes_long_to_arrive_ends_the_round(double seconds, int given)
    {
        _arrivesAfter = TimeSpan.FromSeconds(seconds);
        Add(40);
        await Pass(60);

        Check(Report(Self, 40), Report(Other, 0));
        await Pass(60);

        Assert.Equal(given, _left.Count);
        Assert.DoesNotContain(_log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_number_that_cannot_leave_holds_up_no_other()
    {
        _cannotLeave = AddWithIdle(10)[0].Id;
        await Pass(60);

        Check(Report(Self, 40), Report(Other, 0));
        await Pass(60);

        Assert.Equal(9, _left.Count);
        Assert.Single(_log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains(_cannotLeave, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_silo_that_drains_is_none_to_share_with()
    {
        Add(40);
        await Pass(60);

        Check(Report(Self, 40), Report(Third, 40), Report(Other, 0, SiloState.Draining));
        await Pass(60);
        Check(Report(Self, 40, SiloState.Draining));
        await Pass(60);

        Assert.Empty(_left);
    }

    [Fact]
    public async Task A_silo_that_ends_gives_no_more_away()
    {
        Add(40);
        await Pass(60);
        using var stop = new CancellationTokenSource();
        _choice.Learn([Report(Self, 40), Report(Other, 0)]);
        _balance.Check(_choice.Reports, TimeSpan.Zero, stop.Token);
        await Pass(5);

        await stop.CancelAsync();
        var before = _left.Count;
        await Pass(60);

        Assert.Equal((6, 6), (before, _left.Count));
        Assert.DoesNotContain(_log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    private static NumberSession Ready { get; } = new() { State = SessionState.Ready, Paired = true };

    private static SiloAddress Address(int number) => SiloAddress.New(IPAddress.Loopback, 11111 + number, 7);

    private static SiloReport Report(SiloAddress silo, int numbers, SiloState state = SiloState.Active) => new()
    {
        Silo = silo.ToParsableString(), Name = "machine:1", State = state, Version = "1", StartedAt = DateTimeOffset.UnixEpoch,
        Numbers = new Dictionary<NumberStatus, int> { [NumberStatus.Ready] = numbers }, Queued = 0, MemoryBytes = 1, CpuCores = 0,
    };

    private static IEnumerable<double> Seconds(int first, int count, int every) => Enumerable.Range(0, count).Select(i => (double)first + (i * every));

    private List<LocalNumber> Add(int count, EngineKind engine = EngineKind.WhatsApp)
    {
        var added = Enumerable.Range(0, count).Select(_ => _numbers.Came($"{engine}-{_made++:0000}", engine)).ToList();
        added.ForEach(number => number.Is(Ready, 0, null));
        return added;
    }

    // Forty numbers, of which half of the others are being linked, and half have something to send.
    private List<LocalNumber> AddWithIdle(int count)
    {
        var all = Add(40);
        var busy = (40 - count) / 2;
        all[..busy].ForEach(number => number.Is(new NumberSession { State = SessionState.Linking, Link = new LinkAttempt(null, false, _start) }, 0, null));
        all[busy..^count].ForEach(number => number.Is(Ready, 1, null));
        return all[^count..];
    }

    private void Check(params SiloReport[] reports)
    {
        _choice.Learn(reports);
        _balance.Check(_choice.Reports, TimeSpan.FromSeconds(0.9), CancellationToken.None);
    }

    // In steps that are shorter than any pause, each with time for what it lets go on.
    private async Task Pass(double seconds)
    {
        for (var step = 0; step < seconds * 10; step++)
        {
            _clock.Advance(TimeSpan.FromSeconds(0.1));
            for (var turn = 0; turn < 5; turn++)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Hands out where numbers live.</summary>
    public class Places : DispatchProxy
    {
        internal Func<string, INumberPlace> Find { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.GetGenericArguments()[0] == typeof(INumberPlace) ? Find((string)args![0]!) : Create<INumberGrain, Quiet>();
    }

    /// <summary>A number that does as it is told.</summary>
    public class Quiet : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Task.CompletedTask;
    }

    private sealed class Place(NumberBalanceTests test, string number) : INumberPlace
    {
        public Task Leave(SiloAddress? from, SiloAddress? to)
        {
            Assert.Equal(Self, from);
            Assert.NotEqual(Self, to);
            if (number == test._cannotLeave)
            {
                return Task.FromException(new TimeoutException());
            }

            test._left.Add((number, Math.Round((test._clock.GetUtcNow() - test._start).TotalSeconds, 1)));
            test._numbers.Left(test._numbers.All.Single(one => one.Id == number));
            return Task.CompletedTask;
        }

        public Task Arrive() => test._arrivesAfter == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(test._arrivesAfter, test._clock);
    }

    private sealed class Members(params SiloAddress[] silos) : IClusterMembershipService
    {
        public ClusterMembershipSnapshot CurrentSnapshot { get; } = new(
            silos.ToImmutableDictionary(silo => silo, silo => new ClusterMember(silo, SiloStatus.Active, "machine")), new MembershipVersion(1));

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    private sealed class ThisSilo : ILocalSiloDetails
    {
        public string Name => "machine:1";

        public string ClusterId => "test";

        public string DnsHostName => "machine";

        public SiloAddress SiloAddress => Self;

        public SiloAddress GatewayAddress => Self;
    }
}
