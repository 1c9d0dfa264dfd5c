using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What must hold of the network's own record, whatever anybody got.</summary>
internal sealed partial class CrashRun
{
    // The first hand-over and three repeats.
    private const int MostTimes = 4;

    private async Task CompareNetwork()
    {
        var record = await deployment.WhatsApp.Record();
        var (sent, delivered) = (record["sent"]!.AsArray(), record["delivered"]!.AsArray());
        Assert.All(sent, one => Assert.InRange(Count(one, "times"), 1, MostTimes));
        OneConnectionAtATime(await deployment.WhatsApp.Connections());

        // What cannot be read, since it was read before the kill that lost the receipt, is refused: an answer too. Whatever else cannot be
        // read is asked for again, and comes again; that everybody has everything is compared elsewhere.
        Assert.All(delivered, one => Assert.True(one!["receiptedAt"] is not null || one["error"] is not null, $"Never answered: {one}"));
        var (unreadHere, unreadThere) = (Asked(delivered), Asked(sent));
        Assert.All(unreadHere.Concat(unreadThere), one => Assert.True(Count(one, "retries") > 0, $"Asked for again, and never sent again: {one}"));

        var (repeated, twice) = (sent.Count(one => Count(one, "times") > 1), await CameTwice());
        TestContext.Current.SendDiagnosticMessage(
            "seed {0}: of {1} messages {2} were repeated and {3} came twice; {4} could not be read by people at first, {5} of {6} not by numbers",
            plan.Seed, sent.Count, repeated, twice, unreadThere.Count, unreadHere.Count, delivered.Count);
        Assert.True(repeated > 0, "Nothing was sent again.");
        Assert.Equal(plan.SwallowsRepeats, twice == 0);
        Assert.NotEmpty(unreadHere);
        Assert.NotEmpty(unreadThere);
    }

    private static void OneConnectionAtATime(JsonArray connections)
    {
        foreach (var device in connections.Select(one => one!).GroupBy(one => Deployment.Text(one["device"])))
        {
            Assert.All(device, one => Assert.NotEqual("replaced", Deployment.Text(one["end"])));
            Assert.All(device.Zip(device.Skip(1)), pair => Assert.True(
                pair.First["to"] is { } end && end.GetValue<DateTimeOffset>() <= pair.Second["from"]!.GetValue<DateTimeOffset>(),
                $"Two connections at once: {pair.First} and {pair.Second}"));
        }
    }

    private static List<JsonNode?> Asked(JsonArray messages) => [.. messages.Where(one => Count(one, "asked") > 0)];

    private static int Count(JsonNode? message, string what) => message![what]!.GetValue<int>();
}
