using Loopwave.Chats;

namespace Loopwave.Storage;

/// <summary>What a search for chats looks into, and for what.</summary>
internal static class ChatSearch
{
    private const string PhoneServer = "@s.whatsapp.net";

    /// <summary>The name, and the phone where the chat's address tells one.</summary>
    public static string Text(ChatDocument chat)
    {
        var phone = chat.Jid.EndsWith(PhoneServer, StringComparison.Ordinal) ? chat.Jid[..^PhoneServer.Length] : "";
        return $"{chat.Name?.ToLowerInvariant()}\n{phone}";
    }

    /// <summary>The numbers whose chats are asked for and may be seen, in order; null for all.</summary>
    public static IReadOnlyList<string>? Numbers(ChatQuery query)
    {
        var (allowed, asked) = (query.Access.Numbers, query.Filter.Number);
        return asked is null ? allowed?.Distinct().Order(StringComparer.Ordinal).ToList()
            : allowed is null || allowed.Contains(asked) ? [asked] : [];
    }

    /// <summary>What must all be found: "+91 981-23" is looked for as the digits a phone is stored with, anything else word by word.</summary>
    public static IReadOnlyList<string> Words(string? search)
    {
        var text = search?.Trim().ToLowerInvariant() ?? "";
        var digits = text.Replace("+", "").Replace("-", "").Replace(" ", "");
        return digits.Length >= 3 && digits.All(char.IsAsciiDigit) ? [digits] : text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }
}
