using System.Globalization;

namespace Loopwave.Sandbox;

/// <summary>Customers who write to one number at a steady rate, until the time is over or somebody stops it.</summary>
internal sealed class SandboxTrafficRun(
    SandboxNetwork network,
    SandboxAgenda agenda,
    SandboxScribe scribe,
    SandboxDice dice,
    TimeProvider clock,
    SandboxSubscriber subscriber,
    SandboxTraffic traffic)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    private readonly long _id = network.NextOrder();
    private readonly long _started = clock.GetTimestamp();
    private volatile bool _stopped;
    private int _posted;

    public SandboxTraffic Traffic => traffic;

    public bool IsOver => _stopped || clock.GetElapsedTime(_started).TotalSeconds >= traffic.Seconds && _posted >= Total;

    private int Total => (int)(traffic.PerSecond * traffic.Seconds);

    public void Stop() => _stopped = true;

    public void Go() => network.Note(Post(), "write as customers");

    private async Task Post()
    {
        if (_stopped)
        {
            return;
        }

        try
        {
            var due = Math.Min(Total, (int)(clock.GetElapsedTime(_started).TotalSeconds * traffic.PerSecond));

            // A number that takes nothing any more is not buried: its customers hold back.
            var room = Math.Max(0, network.Options.MaxWaiting - subscriber.Waiting);
            var count = Math.Min(due - _posted, room);
            if (count > 0)
            {
                await network.Post(subscriber, [.. Enumerable.Range(_posted, count).SelectMany(Message)]);
                _posted += count;
            }
        }
        finally
        {
            if (!IsOver)
            {
                agenda.In(Beat, Go);
            }
        }
    }

    private IEnumerable<SandboxStep> Message(int index)
    {
        var message = new SandboxMessage
        {
            From = SandboxPeople.Customer(dice, subscriber.Number, index % traffic.Chats),
            Text = string.Create(CultureInfo.InvariantCulture, $"Message {1 + index / traffic.Chats} of {1 + index}"),
        };
        var id = dice.MessageId("traffic", subscriber.Number, string.Create(CultureInfo.InvariantCulture, $"{_id}/{index}"));
        return scribe.Steps(subscriber.Number, message, id, network.Now, TimeSpan.Zero);
    }
}
