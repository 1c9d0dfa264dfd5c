using System.Globalization;
using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Scenarios;
using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>
/// Storage is away from 10 s on, is let back at 25 s and can be used from 30 s on; looking ends at 60 s. Whatever becomes of their connections, numbers show ready all
/// the time, unless a test says otherwise.
/// </summary>
public sealed class BackAgainTests
{
    private const string Number = "n_1";
    private const string Other = "n_2";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0-", true, "it never lost its connection")]
    [InlineData("0-20 44.9-", true, "back in time")]
    [InlineData("0-20 45.1-", false, "back too late")]
    [InlineData("0-20", false, "never back")]
    [InlineData("0-20 60.1-", false, "back when nobody looks any more")]
    [InlineData("0-20 29-", true, "back before storage was")]
    [InlineData("0-20 22-24 44.9-", true, "back while storage was away, gone again, and back in time")]
    [InlineData("0-20 22-24 45.1-", false, "the same, too late")]
    [InlineData("0-20 22-24", false, "back while storage was away, and gone again")]
    [InlineData("0-20 35-40 44.9-", true, "gone once more, and back in time")]
    [InlineData("0-20 35-40 45.1-", false, "gone once more, and back too late")]
    [InlineData("0-20 35-40", false, "gone once more, and not back")]
    [InlineData("0-31 45.1-", false, "gone once storage was back, since that was late for its owner")]
    [InlineData("0-31", false, "the same, and not back")]
    [InlineData("0-44.9 44.9-", true, "its network heard of the end by the next connection only, in time")]
    [InlineData("0-45.1 45.1-", false, "the same, too late")]
    [InlineData("0-5 45.1-", false, "storage went while it was being connected")]
    [InlineData("0-5", false, "the same, and not back")]
    [InlineData("45.1-", false, "its first connection came too late")]
    [InlineData("", false, "its network never heard of it")]
    [InlineData("0-60 61-", true, "the next fault took it")]
    [InlineData("0-20 44.9-61", true, "back in time, and the next fault took it")]
    public void Numbers_are_back_when_they_have_the_connection_that_they_keep(string connections, bool isMet, string why)
    {
        var target = Back([.. Connections(Number, connections), .. Connections(Other, "0-")], "");

        Assert.True(target.IsMet == isMet, $"{why}: {target}");
    }

    [Theory]
    [InlineData("31 44.9", 14.9, 13.9)]
    [InlineData("29 44", 14.9, 14.0)]
    [InlineData("31 59", 14.9, 28.0)]
    public void What_numbers_show_counts_as_well(string away, double connected, double shown)
    {
        var target = Back([.. Connections(Number, "0-20 44.9-"), .. Connections(Other, "0-")], away);

        Assert.Equal(
            (FormattableString.Invariant($"connected to stay within {connected:0.0} s, shown away for up to {shown:0.0} s"), shown <= 15),
            (target.Seen, target.IsMet));
    }

    [Theory]
    [InlineData("0-20 59.9-", true)]
    [InlineData("0-20 60.1-", false)]
    [InlineData("0-20", false)]
    public void WhatsApp_numbers_which_are_connected_one_after_the_other_have_twice_as_long(string connections, bool isMet)
    {
        var fault = new FaultRecord("F12", "SIGSTOP", [], At(10), At(25), TakesStorage: true) { BackAt = At(30) };
        var targets = AnswerPromise.Back(Effect(fault, [.. Connections(Number, connections), .. Connections(Other, "0-")], "", EngineKind.WhatsApp)).ToList();

        Assert.Equal((true, isMet), (IsMet("Sandbox"), IsMet("WhatsApp")));

        bool IsMet(string kind) => targets.Single(target => target.What.Contains($"all {kind} numbers ready once it was over", StringComparison.Ordinal)).IsMet;
    }

    [Fact]
    public void Of_a_fault_that_leaves_storage_nothing_is_said()
    {
        var effect = Effect(new("F1", "SIGKILL", [], At(10), At(25)), [], "");

        Assert.Null(effect.Back);
        Assert.Throws<ArgumentException>(() => AnswerPromise.Back(effect).First());
    }

    private static Target Back(IEnumerable<NumberConnection> connections, string away)
    {
        var target = AnswerPromise.Back(Effect(new("F12", "SIGSTOP", [], At(10), At(25), TakesStorage: true) { BackAt = At(30) }, connections, away)).First();
        Assert.Contains("all Sandbox numbers ready once it was over", target.What, StringComparison.Ordinal);
        return target;
    }

    /// <param name="away">From when to when one number showed that it was not ready; empty for never.</param>
    private static FaultEffect Effect(FaultRecord fault, IEnumerable<NumberConnection> connections, string away, EngineKind kind = EngineKind.Sandbox)
    {
        double[] shown = [.. Times(away, ' ')];
        var timelines = new Dictionary<string, Timeline>
        {
            [Number] = new(Number, kind, [Shown(0, "ready"), .. shown is [] ? [] : new[] { Shown(shown[0], "disconnected"), Shown(shown[1], "ready") }]),
            [Other] = new(Other, EngineKind.Sandbox, [Shown(0, "ready")]),
        };
        return FaultEffect.Of(fault, At(60), new Ownership(), timelines, connections.ToLookup(connection => connection.Number), AllAsked.Nothing);

        static StatusAt Shown(double at, string status) => new(At(at), status, null, null);
    }

    /// <param name="text">Each from when to when; without an end while it is open.</param>
    private static IEnumerable<NumberConnection> Connections(string number, string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((one, order) =>
        {
            double[] times = [.. Times(one, '-')];
            return new NumberConnection(
                number, 1, order * 2, times.Length > 1 ? (order * 2) + 1 : null, IsReplaced: false, At(times[0]), times.Length > 1 ? At(times[1]) : null);
        });

    private static IEnumerable<double> Times(string text, char between) =>
        text.Split(between, StringSplitOptions.RemoveEmptyEntries).Select(time => double.Parse(time, CultureInfo.InvariantCulture));

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);
}
