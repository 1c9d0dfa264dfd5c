using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Testing;

/// <summary>Ready-made things for tests that do not care about their details.</summary>
public static class Any
{
    public const string Customer = "919812345678@s.whatsapp.net";

    private static int _ids;

    /// <summary>A phone that nobody else has.</summary>
    public static string Phone() => $"9197{Interlocked.Increment(ref _ids):D8}";

    /// <summary>The address of somebody nobody else writes with.</summary>
    public static string Jid() => Phone() + "@s.whatsapp.net";

    /// <summary>A hidden address that nobody else has.</summary>
    public static string Lid() => $"77{Interlocked.Increment(ref _ids):D10}@lid";

    public static InboundMessage Inbound(string text, DateTimeOffset at, string? id = null, string jid = Customer) => new()
    {
        WhatsAppId = id ?? $"IN{Interlocked.Increment(ref _ids):D8}",
        Jid = jid,
        FromMe = false,
        PushName = "Amina",
        Timestamp = at,
        Type = MessageType.Text,
        Text = text,
    };

    public static SendRequest Send(string text, string to = "919812345678", string? from = null) => new()
    {
        To = to,
        Text = text,
        From = from,
        Author = new MessageAuthor(AuthorType.Api, "key00001", "Test"),
        Access = Access.All,
    };
}
