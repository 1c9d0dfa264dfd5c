using System.Security.Cryptography;

namespace Loopwave;

/// <summary>Makes ids. An id is opaque to callers: its prefix names the kind, the rest is random and holds nothing.</summary>
public static class NewId
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string Number() => "n" + Random(10);

    public static string Chat() => "c_" + Random(10);

    public static string Contact() => "ct_" + Random(10);

    public static string Party() => "p_" + Random(10);

    public static string Media() => "f_" + Random(16);

    public static string Member() => "u_" + Random(10);

    public static string Key() => Random(8);

    /// <summary>Rises with time, so that newer messages sort last.</summary>
    public static string Message(DateTimeOffset now) => "m_" + TimeOrdered(now);

    /// <summary>Rises with time; holds no dot, which webhook signatures use as a separator.</summary>
    public static string Event(DateTimeOffset now) => "evt_" + Guid.CreateVersion7(now).ToString("D");

    private static string TimeOrdered(DateTimeOffset now)
    {
        // 48 bits of milliseconds and 80 random bits, as in UUID version 7 and ULID: 26 characters of base 32.
        var ms = now.ToUnixTimeMilliseconds();
        Span<char> chars = stackalloc char[26];
        for (var i = 9; i >= 0; i--, ms >>= 5)
        {
            chars[i] = Alphabet[(int)(ms & 31)];
        }

        RandomNumberGenerator.GetString(Alphabet, 16).CopyTo(chars[10..]);
        return new string(chars);
    }

    private static string Random(int length) => RandomNumberGenerator.GetString(Alphabet, length);
}
