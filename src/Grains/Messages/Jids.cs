using System.Buffers;

namespace Loopwave.Messages;

/// <summary>The forms of network addresses that the rest of the product must tell apart.</summary>
internal static class Jids
{
    public const string PhoneServer = "@s.whatsapp.net";
    public const string LidServer = "@lid";
    public const string GroupServer = "@g.us";

    public static readonly SearchValues<char> IdCharacters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");
    private static readonly SearchValues<char> GroupCharacters = SearchValues.Create("0123456789-");

    public static bool IsGroup(string jid) => jid.EndsWith(GroupServer, StringComparison.Ordinal);

    public static bool IsLid(string jid) => jid.EndsWith(LidServer, StringComparison.Ordinal);

    /// <summary>The digits of a phone address; null for the other forms, which tell no phone.</summary>
    public static string? Phone(string jid) =>
        jid.EndsWith(PhoneServer, StringComparison.Ordinal) && IsAddress(jid) ? jid[..^PhoneServer.Length] : null;

    /// <summary>A well-formed phone, hidden or group address, without a device part.</summary>
    public static bool IsAddress(string jid)
    {
        var at = jid.IndexOf('@');
        if (at is < 1 or > 64)
        {
            return false;
        }

        var user = jid.AsSpan(0, at);
        return jid[at..] switch
        {
            PhoneServer or LidServer => user.Length <= 20 && user.IndexOfAnyExcept(Digits) < 0,
            GroupServer => user.IndexOfAnyExcept(GroupCharacters) < 0 && user[0] is not '-' && user[^1] is not '-',
            _ => false,
        };
    }
}
