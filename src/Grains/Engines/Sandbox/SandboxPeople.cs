using System.Globalization;

namespace Loopwave.Sandbox;

/// <summary>The people of the simulated network: their addresses in both forms, their names, who is in which group.</summary>
internal static class SandboxPeople
{
    public const string Phones = "@s.whatsapp.net";
    public const string Lids = "@lid";
    public const string Groups = "@g.us";

    /// <summary>Room for customers: 100 fictional phones in each of these North American areas.</summary>
    public const int Customers = 59_400;

    private const ulong Space = 1_000_000_000_000_000;
    private const ulong Factor = 348_721_905_637_811;
    private const ulong Shift = 620_417_338_905_127;

    private static readonly ulong Inverse = InverseOf(Factor);

    private static readonly string[] First =
    [
        "Amina", "Bruno", "Chen", "Dana", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kavya", "Liam", "Mei",
        "Noor", "Olga", "Pedro", "Rosa", "Samir", "Tara", "Uma", "Viktor", "Wanjiru", "Yara", "Zoe",
    ];

    private static readonly string[] Last =
    [
        "Adeyemi", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kaur",
        "Lopez", "Moreau", "Novak", "Okafor", "Patel", "Quinn", "Rossi", "Sato", "Tanaka", "Usman", "Weber",
    ];

    public static string Jid(string phone) => phone + Phones;

    public static bool IsGroup(string jid) => jid.EndsWith(Groups, StringComparison.Ordinal);

    /// <summary>The hidden form of a phone's address; the same for everybody who knows it.</summary>
    public static string Lid(string phone) =>
        $"1{(ulong)(((UInt128)Value(phone) * Factor + Shift) % Space):D15}{Lids}";

    /// <summary>The phone behind an address in either form; null for a group or anything else.</summary>
    public static string? PhoneOf(string jid)
    {
        var at = jid.IndexOf('@', StringComparison.Ordinal);
        if (at <= 0 || !ulong.TryParse(jid.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var digits))
        {
            return null;
        }

        return jid[at..] switch
        {
            Phones when digits < Space => digits.ToString(CultureInfo.InvariantCulture),
            Lids when digits >= Space && digits < 2 * Space =>
                ((ulong)((UInt128)((digits - Space + Space - Shift) % Space) * Inverse % Space)).ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
    }

    /// <summary>The phone form of a person's address, or the address itself.</summary>
    public static string Chat(string jid) => PhoneOf(jid) is { } phone ? Jid(phone) : jid;

    /// <summary>The other form of a person's address; null where there is none.</summary>
    public static string? Other(string jid) => PhoneOf(jid) switch
    {
        null => null,
        var phone when jid.EndsWith(Lids, StringComparison.Ordinal) => Jid(phone),
        var phone => Lid(phone),
    };

    public static string Name(SandboxDice dice, string phone)
    {
        var roll = dice.Roll("name", phone);
        return $"{First[roll % (ulong)First.Length]} {Last[roll / 100 % (ulong)Last.Length]}";
    }

    public static string GroupName(SandboxDice dice, string jid) =>
        "Group of " + First[dice.Below(First.Length, "group", jid)];

    /// <summary>The phone of a number's own account. Country code 888 has no subscribers, so it is nobody's.</summary>
    public static string OwnPhone(SandboxDice dice, string number, int attempt) =>
        $"888{dice.Roll("phone", number, attempt.ToString(CultureInfo.InvariantCulture)) % 100_000_000_000:D11}";

    /// <summary>The phone of a number's customer; the first <see cref="Customers"/> of a number are all different.</summary>
    public static string Customer(SandboxDice dice, string number, int index)
    {
        var slot = (dice.Below(Customers, "customers", number) + index) % Customers;
        var area = 300 + slot / 100;
        // x11 are service codes, not areas: these six are moved behind the others.
        area = area % 100 == 11 ? 894 + (area - 311) / 100 : area;
        return $"1{area}55501{slot % 100:D2}";
    }

    /// <summary>Who is in a group besides us: three people.</summary>
    public static IReadOnlyList<string> Participants(SandboxDice dice, string group) =>
        [Customer(dice, group, 0), Customer(dice, group, 1), Customer(dice, group, 2)];

    private static ulong Value(string phone) =>
        ulong.TryParse(phone, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value < Space
            ? value
            : throw new ArgumentException("A phone has at most 15 digits.", nameof(phone));

    private static ulong InverseOf(ulong factor)
    {
        // Extended Euclidean algorithm: the factor has no divisor in common with a power of ten.
        (Int128 previous, Int128 current) = (0, 1);
        (Int128 rest, Int128 next) = (Space, factor);
        while (next != 0)
        {
            var quotient = rest / next;
            (previous, current) = (current, previous - quotient * current);
            (rest, next) = (next, rest - quotient * next);
        }

        return (ulong)((previous % Space + Space) % Space);
    }
}
