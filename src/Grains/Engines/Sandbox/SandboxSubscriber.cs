using Loopwave.Chats;
using Loopwave.Engines;

namespace Loopwave.Sandbox;

/// <summary>What a connected device hears from the simulated servers. Calls are quick and never wait.</summary>
internal interface ISandboxDevice
{
    /// <summary>The connection is not over. Read under the subscriber's lock, so that one that ended never takes a later one's place.</summary>
    bool IsCurrent { get; }

    /// <summary>Something of this connection alone, which the servers forget with it.</summary>
    void Hear(EngineEvent evt);

    /// <summary>Mail that is due. The servers keep it until it is acknowledged.</summary>
    void Take(IReadOnlyList<SandboxLetter> letters);

    /// <summary>The servers close the connection.</summary>
    void Drop(int code, DateTimeOffset? until);

    /// <summary>What a person does at this moment: heard now or never.</summary>
    void See(string jid, string? participant, PresenceState state);

    /// <summary>From now on nothing passes, although the connection looks open.</summary>
    void Deafen();
}

/// <summary>Mail, with its event at hand.</summary>
internal sealed record SandboxLetter(long Order, DateTimeOffset At, TimeSpan Delay, EngineEvent Event)
{
    public SandboxMail ToMail(string number)
    {
        var message = (Event as EngineEvent.MessageReceived)?.Message;
        return new(number, Order, At, At + Delay, message?.WhatsAppId, message?.Jid, SandboxEvents.Write(Event));
    }

    /// <summary>
    /// What is left to wait. A wall clock that jumped back makes nothing wait longer than it was meant to at first.
    /// </summary>
    public static SandboxLetter From(SandboxMail mail, DateTimeOffset now)
    {
        var whole = mail.DueAt - mail.At;
        var left = mail.DueAt - now;
        var delay = left < TimeSpan.Zero ? TimeSpan.Zero : left > whole ? whole : left;
        return new(mail.Order, mail.At, delay, SandboxEvents.Read(mail.Body));
    }
}

/// <summary>A number as the simulated servers hold it in memory. Its members change under its lock.</summary>
internal sealed class SandboxSubscriber(string number)
{
    private const int MostTyping = 50;

    public string Number => number;

    /// <summary>The account was read from the record.</summary>
    public bool Loaded { get; set; }
    public SandboxAccount Account { get; set; } = new() { Number = number };

    /// <summary>Mail that is not acknowledged yet.</summary>
    public int Waiting { get; set; }

    /// <summary>
    /// A write of mail failed, and may have been done all the same: what is counted no longer says that nothing
    /// waits, and every login reads.
    /// </summary>
    public bool IsInDoubt { get; set; }

    /// <summary>The device that is logged in.</summary>
    public ISandboxDevice? Device { get; set; }

    /// <summary>Mail up to this order was given to the device at its login.</summary>
    public long Cut { get; set; }

    /// <summary>The device that shows a code to be scanned.</summary>
    public SandboxLinkAttempt? Link { get; set; }

    /// <summary>What the number last showed in each chat, newest first. Nobody keeps that for longer than the process lives.</summary>
    public IReadOnlyList<SandboxTyping> Typing { get; private set; } = [];

    public void Show(SandboxTyping typing)
    {
        lock (this)
        {
            Typing = [typing, .. Typing.Where(one => one.ChatId != typing.ChatId).Take(MostTyping - 1)];
        }
    }
}

/// <summary>A device that shows codes until a phone scans one.</summary>
internal sealed class SandboxLinkAttempt(ISandboxDevice device, string? phone)
{
    public ISandboxDevice Device => device;

    /// <summary>The phone a pairing code was made for; null for a QR code.</summary>
    public string? Phone => phone;
    public int Offers { get; set; }
    public bool Scanned { get; set; }
}

/// <summary>How a login ended.</summary>
internal abstract record SandboxLogin
{
    public sealed record Refused(int Code, DateTimeOffset? Until = null) : SandboxLogin;

    /// <param name="Letters">Mail that waited and is due.</param>
    public sealed record Accepted(SandboxAccount Account, IReadOnlyList<SandboxLetter> Letters) : SandboxLogin;
}
