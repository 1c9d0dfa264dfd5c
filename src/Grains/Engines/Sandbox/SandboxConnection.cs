using Loopwave.Chats;
using Loopwave.Deployment;
using Loopwave.Engines;
using Microsoft.Extensions.Logging;

namespace Loopwave.Sandbox;

/// <summary>A number on the client's side: the highest epoch seen, its events and its connection. Changed under its lock.</summary>
internal sealed class SandboxLine(string number)
{
    public string Number => number;
    public long Epoch { get; set; }
    public SandboxStream? Stream { get; set; }
    public SandboxConnection? Connection { get; set; }

    /// <summary>Ends of its connections that the record could not be told yet, oldest first.</summary>
    public List<SandboxEnd> Untold { get; } = [];
}

/// <summary>How a connection ended, and when.</summary>
internal sealed record SandboxEnd(long Connection, long Order, DateTimeOffset At, string How);

/// <summary>
/// One connection of a number, as long as it is its line's current one. The servers call it from anywhere; once it ended,
/// nothing it is told has any effect.
/// </summary>
internal sealed partial class SandboxConnection(
    SandboxClient client, SandboxLine line, SandboxSubscriber subscriber, EngineOpen request, long id) : ISandboxDevice
{
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TellAgainAfter = TimeSpan.FromSeconds(5);

    private const string NotingEnd = "note the end of a connection";

    // What the servers handed over while the login was still going on.
    private List<SandboxLetter>? _early = [];
    private HashSet<long>? _held;
    private Task<SandboxOpening>? _opening;

    public long Id => id;
    public SandboxSubscriber Subscriber => subscriber;

    /// <summary>Logged in.</summary>
    public bool Ready { get; private set; }

    /// <summary>Looks open, but nothing passes.</summary>
    public bool Deaf { get; private set; }

    public bool IsCurrent => line.Connection == this;

    /// <summary>
    /// It is the line's connection from now on; whether the servers have it too, they will say. Start and end are drawn and noted
    /// under the line's lock, so the record never shows one connection beginning before the end of another.
    /// </summary>
    public Task<SandboxOpening> Begin()
    {
        line.Connection = this;
        foreach (var end in line.Untold)
        {
            // Before this one, which would end what the record still has as open.
            client.Network.Note(Write(end), NotingEnd);
        }

        _opening = client.Network.Record.Opened(new(id, line.Number, request.Epoch, client.Host, client.Network.Now));
        return _opening;
    }

    /// <summary>Connects once the servers have it: shows a code, or logs in with the credentials. Never fails.</summary>
    public async Task Start(Task<SandboxOpening> opening)
    {
        try
        {
            var stands = await opening;
            var code = stands switch
            {
                SandboxOpening.Stands => (int?)null,
                SandboxOpening.Replaced => 440,
                SandboxOpening.Behind => 503,
            };
            if (code is { } dropped)
            {
                LogDoesNotStand(client.Logger, id, line.Number, request.Epoch, stands);
                Drop(dropped, null);
            }
            else if (IsCurrent)
            {
                await Connect();
            }
        }
        catch (StorageUnavailableException)
        {
            // Storage says so itself. What became of it there is unknown; its end is noted behind it.
            Drop(503, null);
        }
        catch (Exception e)
        {
            LogConnectFailed(client.Logger, e, line.Number);
            Drop(503, null);
        }
    }

    /// <summary>It is over. Called under the line's lock; the network is told outside of it, with <see cref="Leave"/>.</summary>
    public void End(string how)
    {
        line.Connection = null;
        Tell(new(id, client.Network.NextOrder(), client.Network.Now, how));
    }

    public void Leave() => client.Network.Leave(subscriber, this);

    public void Hear(EngineEvent evt)
    {
        lock (line)
        {
            if (!IsCurrent || Deaf)
            {
                return;
            }

            line.Stream!.Add(evt, 0);
        }

        client.Pump.Wake(line);
    }

    public void See(string jid, string? participant, PresenceState state)
    {
        lock (line)
        {
            if (!IsCurrent || !Ready || Deaf)
            {
                return;
            }
        }

        client.Pump.Report(new EnginePresence(line.Number, request.Epoch, jid, state, participant));
    }

    public void Take(IReadOnlyList<SandboxLetter> letters)
    {
        lock (line)
        {
            if (!IsCurrent || Deaf)
            {
                return;
            }

            if (Ready)
            {
                Add(letters);
            }
            else
            {
                _early?.AddRange(letters);
            }
        }

        client.Pump.Wake(line);
    }

    public void Drop(int code, DateTimeOffset? until)
    {
        lock (line)
        {
            if (!IsCurrent)
            {
                return;
            }

            End($"{code}");
            line.Stream!.Add(new EngineEvent.Closed(code, until), 0);
        }

        Leave();
        client.Pump.Wake(line);
    }

    public void Deafen()
    {
        lock (line)
        {
            if (!IsCurrent || Deaf)
            {
                return;
            }

            Deaf = true;
        }

        client.Network.Schedule(PingTimeout, LosePing);
    }

    private void Tell(SandboxEnd end) => client.Network.Note(TellOrKeep(end), NotingEnd);

    // Real servers know of an end whatever becomes of our storage: of a connection that they have, it is told until it is noted.
    private async Task TellOrKeep(SandboxEnd end)
    {
        try
        {
            await Write(end);
            lock (line)
            {
                line.Untold.Remove(end);
            }
        }
        catch (StorageUnavailableException)
        {
            if (await Stands())
            {
                Keep(end);
                client.Network.Schedule(TellAgainAfter, () => Tell(end));
            }
        }
    }

    private void Keep(SandboxEnd end)
    {
        lock (line)
        {
            if (!line.Untold.Contains(end))
            {
                line.Untold.Add(end);
            }
        }
    }

    private async Task<bool> Stands()
    {
        try
        {
            return await _opening! is SandboxOpening.Stands;
        }
        catch (StorageUnavailableException)
        {
            return false;
        }
    }

    private Task Write(SandboxEnd end) => client.Network.Record.Ended(line.Number, end.Connection, end.Order, end.At, end.How);

    private async Task Connect()
    {
        if (client.Network.Refusal(subscriber.Account) is { } refused)
        {
            Drop(refused.Code, refused.Until);
        }
        else if (request.Credentials is { } credentials)
        {
            await LogIn(credentials);
        }
        else
        {
            client.Linking.Offer(subscriber, this, request.Link?.Phone);
        }
    }

    private async Task LogIn(IReadOnlyList<CredentialEntry> credentials)
    {
        lock (line)
        {
            _held = line.Stream!.Held();
        }

        var key = credentials.FirstOrDefault(entry => entry.Name == SandboxLinking.DeviceKey)?.Value;
        switch (await client.Network.Login(subscriber, key, this))
        {
            case SandboxLogin.Refused refused:
                Drop(refused.Code, refused.Until);
                break;
            case SandboxLogin.Accepted accepted:
                LoggedIn(accepted);
                break;
            case var unknown:
                throw new InvalidOperationException($"Unknown login {unknown}.");
        }
    }

    private void LoggedIn(SandboxLogin.Accepted accepted)
    {
        lock (line)
        {
            if (IsCurrent)
            {
                Ready = true;
                Deaf = accepted.Account.Faults.Deaf;
                line.Stream!.Add(new EngineEvent.Opened(accepted.Account.PushName), 0);
                Add(Deaf ? [] : [.. accepted.Letters, .. _early ?? []]);
                _early = null;
                _held = null;
            }
        }

        if (!IsCurrent)
        {
            // It ended while the servers were letting it in.
            Leave();
            return;
        }

        if (Deaf)
        {
            client.Network.Schedule(PingTimeout, LosePing);
        }

        client.Pump.Wake(line);
    }

    private void Add(IReadOnlyList<SandboxLetter> letters)
    {
        foreach (var letter in letters)
        {
            if (_held?.Contains(letter.Order) is true)
            {
                continue;
            }

            line.Stream!.Add(letter.Event, letter.Order);
            if (letter.Event is EngineEvent.MessageReceived && subscriber.Account.Faults.DuplicateDeliveries)
            {
                line.Stream.Add(letter.Event, 0);
            }
        }
    }

    private void LosePing()
    {
        lock (line)
        {
            if (!IsCurrent)
            {
                return;
            }

            line.Stream!.Add(new EngineEvent.PingLost(), 0);
        }

        client.Pump.Wake(line);
    }

    [LoggerMessage(LogLevel.Information, "Connection {Connection} of {Number} under epoch {Epoch} does not stand: {Opening}")]
    private static partial void LogDoesNotStand(ILogger logger, long connection, string number, long epoch, SandboxOpening opening);

    [LoggerMessage(LogLevel.Warning, "{Number} could not be connected")]
    private static partial void LogConnectFailed(ILogger logger, Exception exception, string number);
}
