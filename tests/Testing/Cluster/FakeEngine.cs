using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Loopwave.Chats;
using Loopwave.Engines;

namespace Loopwave.Testing;

/// <summary>
/// An engine in the test's hands: it does nothing by itself, tells what it was asked to do, and reports what the test
/// says. Waiting for something that never comes fails after a generous time.
/// </summary>
public sealed class FakeEngine(EngineKind kind, IEngineEvents events) : IEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan OfferEvery = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, Line> _lines = [];

    public EngineKind Kind => kind;

    /// <summary>What <see cref="Resolve"/> answers; by default everybody is there.</summary>
    public Func<string, RecipientCheck> Directory { get; set; } = phone => new(true, phone + "@s.whatsapp.net", null);

    /// <summary>Runs before a connection is opened; may throw.</summary>
    public Action<EngineOpen> Opening { get; set; } = _ => { };

    /// <summary>What opening a connection waits for, as for a host that is only starting.</summary>
    public Task Connecting { get; set; } = Task.CompletedTask;

    /// <summary>What closing a connection waits for, as for what still has to be told.</summary>
    public Func<string, Task> Closing { get; set; } = _ => Task.CompletedTask;

    /// <summary>Runs before a device is logged out; may throw.</summary>
    public Action LoggingOut { get; set; } = () => { };

    /// <summary>What looking somebody up waits for.</summary>
    public Task Resolving { get; set; } = Task.CompletedTask;

    /// <summary>Runs before a message is built; may throw what a test wants to see handled.</summary>
    public Action<OutboundMessage> Preparing { get; set; } = _ => { };

    /// <summary>What building a message waits for; may throw.</summary>
    public Func<OutboundMessage, Task> Building { get; set; } = _ => Task.CompletedTask;

    /// <summary>Runs before a message is written; may throw.</summary>
    public Action<FakeRelay> Relaying { get; set; } = _ => { };

    /// <summary>What a download writes; may throw.</summary>
    public Func<RemoteFile, byte[]> Download { get; set; } = _ => [1, 2, 3];

    /// <summary>What a download waits for.</summary>
    public Task Downloading { get; set; } = Task.CompletedTask;

    /// <summary>Every download that was begun.</summary>
    public Channel<RemoteFile> Downloads { get; } = Channel.CreateUnbounded<RemoteFile>();

    /// <summary>Every number that was opened, in order.</summary>
    public Channel<string> Opened { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Runs before what we do is shown; may throw.</summary>
    public Action SettingPresence { get; set; } = () => { };

    /// <summary>Runs before older messages are asked for; may throw.</summary>
    public Action<EngineHistoryRequest> RequestingHistory { get; set; } = _ => { };

    public Task<EngineOpen> NextOpen(string number) => Next(Of(number).Opens, $"an open of {number}");

    public Task<FakeRelay> NextRelay(string number) => Next(Of(number).Relays, $"a relay of {number}");

    public Task<string> NextClose(string number) => Next(Of(number).Closes, $"a close of {number}");

    public Task<EngineCursor> NextAcknowledge(string number) => Next(Of(number).Acknowledged, $"an acknowledgement of {number}");

    public Task<EngineHistoryRequest> NextHistoryRequest(string number) => Next(Of(number).History, $"a history request of {number}");

    public Task<(string Jid, PresenceState State)> NextPresence(string number) => Next(Of(number).Presences, $"a presence of {number}");

    public Task<IReadOnlyList<ReadMark>> NextRead(string number) => Next(Of(number).Reads, $"read marks of {number}");

    /// <summary>How often the number was opened so far.</summary>
    public int Opens(string number) => Of(number).Opened;

    public bool HasRelay(string number) => Of(number).Relays.Reader.Count > 0;

    public bool HasOpen(string number) => Of(number).Opens.Reader.Count > 0;

    public bool HasAcknowledge(string number) => Of(number).Acknowledged.Reader.Count > 0;

    public bool HasHistoryRequest(string number) => Of(number).History.Reader.Count > 0;

    public bool HasRead(string number) => Of(number).Reads.Reader.Count > 0;

    /// <summary>The epoch under which the number was opened last.</summary>
    public long Epoch(string number) => Of(number).Epoch;

    public bool IsOpen(string number) => Of(number).IsOpen;

    /// <summary>How often the process closed everything.</summary>
    public int ClosedAll { get; private set; }

    /// <summary>Reports events under the number's current epoch, and returns once they were taken.</summary>
    public Task Raise(string number, params EngineEvent[] reported) => Repeat(Next(number, reported));

    /// <summary>The next batch of a number, not reported yet.</summary>
    public EngineBatch Next(string number, params EngineEvent[] reported)
    {
        var line = Of(number);
        lock (line)
        {
            var batch = new EngineBatch(number, new EngineCursor("fake", line.Epoch, line.Sequence + 1), reported);
            line.Sequence += reported.Length;
            return batch;
        }
    }

    /// <summary>Reports a batch, or reports it once more, as after an answer that was lost.</summary>
    public Task Repeat(EngineBatch batch) => events.Deliver(batch).WaitAsync(Patience);

    /// <summary>Somebody writes, or stopped. Returns before that was heard: nobody waits for it.</summary>
    public Task Report(string number, string jid, PresenceState state, string? participant = null) =>
        events.Report(new EnginePresence(number, Epoch(number), jid, state, participant));

    public async Task Open(EngineOpen request, CancellationToken cancellationToken)
    {
        Opening(request);
        await Connecting.WaitAsync(cancellationToken);
        var line = Of(request.Number);
        lock (line)
        {
            if (request.Epoch < line.Epoch)
            {
                throw new EngineException(EngineError.StaleEpoch, "A higher epoch was seen.");
            }

            line.Sequence = request.Epoch > line.Epoch ? 0 : line.Sequence;
            line.Epoch = request.Epoch;
            line.IsOpen = true;
            line.Opened++;
        }

        line.Opens.Writer.TryWrite(request);
        Opened.Writer.TryWrite(request.Number);
    }

    public async Task Close(string number, long epoch, CancellationToken cancellationToken)
    {
        await Closing(number).WaitAsync(cancellationToken);
        await Closed(number, "close");
    }

    public Task LogOut(string number, long epoch, CancellationToken cancellationToken)
    {
        LoggingOut();
        return Closed(number, "log out");
    }

    public Task CloseAll()
    {
        ClosedAll++;
        foreach (var (number, line) in _lines.Where(line => line.Value.IsOpen).ToList())
        {
            line.IsOpen = false;
            _ = Offer(Next(number, new EngineEvent.Closed(428)));
        }

        return Task.CompletedTask;
    }

    /// <summary>Runs when storage is back; may throw.</summary>
    public Action OfferingAgain { get; set; } = () => { };

    /// <summary>How often the process said that storage is back.</summary>
    public int OfferedAgain { get; private set; }

    public void OfferAgain()
    {
        OfferedAgain++;
        OfferingAgain();
    }

    // Like every engine: until somebody takes it.
    private async Task Offer(EngineBatch batch)
    {
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < Patience;)
        {
            try
            {
                await Repeat(batch);
                return;
            }
            catch (Exception)
            {
                await Task.Delay(OfferEvery, TimeProvider.System);
            }
        }
    }

    public Task Acknowledge(string number, EngineCursor cursor, CancellationToken cancellationToken)
    {
        Of(number).Acknowledged.Writer.TryWrite(cursor);
        return Task.CompletedTask;
    }

    public async Task<byte[]> Prepare(string number, long epoch, OutboundMessage message, CancellationToken cancellationToken)
    {
        Preparing(message);
        await Building(message).WaitAsync(cancellationToken);
        return JsonSerializer.SerializeToUtf8Bytes(message);
    }

    public Task Relay(string number, long epoch, string whatsAppId, string jid, byte[] prepared, CancellationToken cancellationToken)
    {
        var relay = new FakeRelay(epoch, whatsAppId, jid, JsonSerializer.Deserialize<OutboundMessage>(prepared)!);
        Relaying(relay);
        Of(number).Relays.Writer.TryWrite(relay);
        return Task.CompletedTask;
    }

    public async Task<RecipientCheck> Resolve(string number, long epoch, string phone, CancellationToken cancellationToken)
    {
        await Resolving.WaitAsync(cancellationToken);
        return Directory(phone);
    }

    public async Task FetchMedia(string number, long epoch, RemoteFile file, string targetPath, long maxBytes, CancellationToken cancellationToken)
    {
        Downloads.Writer.TryWrite(file);
        await Downloading.WaitAsync(cancellationToken);
        var content = Download(file);
        if (content.Length > maxBytes)
        {
            throw new EngineException(EngineError.Rejected, "No.", EngineException.TooLarge);
        }

        await File.WriteAllBytesAsync(targetPath, content, cancellationToken);
    }

    public Task RequestHistory(string number, long epoch, EngineHistoryRequest request, CancellationToken cancellationToken)
    {
        RequestingHistory(request);
        Of(number).History.Writer.TryWrite(request);
        return Task.CompletedTask;
    }

    public Task SetPresence(string number, long epoch, string jid, PresenceState state, CancellationToken cancellationToken)
    {
        SettingPresence();
        Of(number).Presences.Writer.TryWrite((jid, state));
        return Task.CompletedTask;
    }

    public Task MarkRead(string number, long epoch, string jid, IReadOnlyList<ReadMark> messages, CancellationToken cancellationToken)
    {
        Of(number).Reads.Writer.TryWrite(messages);
        return Task.CompletedTask;
    }

    private Task Closed(string number, string how)
    {
        Of(number).IsOpen = false;
        Of(number).Closes.Writer.TryWrite(how);
        return Task.CompletedTask;
    }

    private Line Of(string number) => _lines.GetOrAdd(number, _ => new Line());

    private static async Task<T> Next<T>(Channel<T> channel, string what)
    {
        try
        {
            return await channel.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {Patience.TotalSeconds} s for {what}.");
        }
    }

    private sealed class Line
    {
        public long Epoch { get; set; }

        public long Sequence { get; set; }

        public bool IsOpen { get; set; }

        public int Opened { get; set; }

        public Channel<EngineOpen> Opens { get; } = Channel.CreateUnbounded<EngineOpen>();

        public Channel<FakeRelay> Relays { get; } = Channel.CreateUnbounded<FakeRelay>();

        public Channel<string> Closes { get; } = Channel.CreateUnbounded<string>();

        public Channel<EngineCursor> Acknowledged { get; } = Channel.CreateUnbounded<EngineCursor>();

        public Channel<EngineHistoryRequest> History { get; } = Channel.CreateUnbounded<EngineHistoryRequest>();

        public Channel<(string Jid, PresenceState State)> Presences { get; } = Channel.CreateUnbounded<(string, PresenceState)>();

        public Channel<IReadOnlyList<ReadMark>> Reads { get; } = Channel.CreateUnbounded<IReadOnlyList<ReadMark>>();
    }
}

/// <summary>A message that was written to the network.</summary>
public sealed record FakeRelay(long Epoch, string WhatsAppId, string Jid, OutboundMessage Message);
