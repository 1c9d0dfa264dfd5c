using PhoneNumbers;

namespace Loopwave.Messages;

/// <summary>Where a message is to go, as a caller wrote it.</summary>
internal abstract record Recipient
{
    /// <summary>A chat by its id.</summary>
    public sealed record Chat(string Id) : Recipient;

    /// <summary>A network address, taken as it is.</summary>
    public sealed record Address(string Jid) : Recipient;

    /// <summary>A phone in digits; the network itself knows which of its possible forms is real.</summary>
    public sealed record Phone(string Digits) : Recipient
    {
        public string Jid => Digits + Jids.PhoneServer;
    }

    private Recipient()
    {
    }

    /// <summary>Reads digits (an optional +, spaces and dashes are stripped), a jid or a chat id; null for anything else.</summary>
    public static Recipient? Parse(string text)
    {
        text = text.Trim();
        if (text.StartsWith("c_", StringComparison.Ordinal))
        {
            return text.Length is > 2 and <= 40 && text.AsSpan(2).IndexOfAnyExcept(Jids.IdCharacters) < 0 ? new Chat(text) : null;
        }

        if (text.Contains('@'))
        {
            return Jids.IsAddress(text) ? new Address(text) : null;
        }

        return PhoneDigits(text) is { } digits ? new Phone(digits) : null;
    }

    /// <summary>The digits of a phone with country code, or null when no phone can look like this.</summary>
    public static string? PhoneDigits(string text)
    {
        var digits = text.Trim().Replace(" ", "").Replace("-", "");
        digits = digits.StartsWith('+') ? digits[1..] : digits;
        if (digits.Length is < 5 or > 17 || digits.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            return null;
        }

        try
        {
            var phones = PhoneNumberUtil.GetInstance();
            var phone = phones.Parse("+" + digits, null);

            // Only the length is checked: which of the possible forms a country uses is for the network to say.
            return phones.IsPossibleNumber(phone) || IsOldMexicanForm(digits) ? digits : null;
        }
        catch (NumberParseException)
        {
            return null;
        }
    }

    // Mexico gave up the 1 before mobile numbers, the network did not: to the library these are a digit too long.
    private static bool IsOldMexicanForm(string digits) => digits.Length == 13 && digits.StartsWith("521", StringComparison.Ordinal);
}
