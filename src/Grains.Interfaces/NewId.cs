using System.Security.Cryptography;

namespace Loopwave;

/// <summary>Makes ids. An id is opaque to callers: its prefix names the kind, the rest is random and holds nothing.</summary>
public static class NewId
{
    /// <summary>What the random characters are taken from, in order: 5 bits each.</summary>
    public const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string Number() => "n" + Random(10);

    public static string Chat() => "c_" + Random(10);

    public static string Contact() => "ct_" + Random(10);

    public static string Party() => "p_" + Random(10);

    public static string Media() => "f_" + Random(16);

    public static string Member() => "u_" + Random(10);

    public static string Key() => Random(8);

    /// <summary>
    /// Rises with time, and with <paramref name="order"/> where times are the same: networks count in seconds, and what was
    /// said within one must not be shuffled.
    /// </summary>
    public static string Message(DateTimeOffset at, long order = 0) => "m_" + TimeOrdered(at, order);

    /// <summary>Rises with time; holds no dot, which webhook signatures use as a separator.</summary>
    public static string Event(DateTimeOffset now) => "evt_" + Guid.CreateVersion7(now).ToString("D");

    private static string TimeOrdered(DateTimeOffset at, long order)
    {
        // 50 bits of milliseconds, 40 of order and 40 random ones: 26 characters of base 32.
        Span<char> chars = stackalloc char[26];
        Write(at.ToUnixTimeMilliseconds(), chars[..10]);
        Write(order, chars[10..18]);
        Random(8).CopyTo(chars[18..]);
        return new string(chars);
    }

    private static void Write(long value, Span<char> chars)
    {
        for (var i = chars.Length - 1; i >= 0; i--, value >>= 5)
        {
            chars[i] = Alphabet[(int)(value & 31)];
        }
    }

    private static string Random(int length) => RandomNumberGenerator.GetString(Alphabet, length);
}
