using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Loopwave.Storage;

/// <summary>
/// Where a walk through a list stands: the sort key and id of the last row given. Its text is opaque, and belongs to one
/// list with one filter: a checksum over all of it finds every other.
/// </summary>
internal readonly record struct Cursor(long Key, string Id)
{
    private const int CheckLength = 8;

    public string ToText(string list)
    {
        var id = Encoding.UTF8.GetBytes(Id);
        var bytes = new byte[CheckLength + sizeof(long) + id.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(CheckLength), Key);
        id.CopyTo(bytes.AsSpan(CheckLength + sizeof(long)));
        Check(list, bytes.AsSpan(CheckLength)).CopyTo(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    public static Cursor Parse(string text, string list)
    {
        byte[] bytes;
        try
        {
            bytes = text.Length <= 200 ? Base64Url.DecodeFromChars(text) : [];
        }
        catch (FormatException)
        {
            throw new InvalidCursorException();
        }

        if (bytes.Length < CheckLength + sizeof(long)
            || !bytes.AsSpan(0, CheckLength).SequenceEqual(Check(list, bytes.AsSpan(CheckLength))))
        {
            throw new InvalidCursorException();
        }

        var rest = bytes.AsSpan(CheckLength);
        return new Cursor(BinaryPrimitives.ReadInt64BigEndian(rest), Encoding.UTF8.GetString(rest[sizeof(long)..]));
    }

    private static ReadOnlySpan<byte> Check(string list, ReadOnlySpan<byte> position)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(list));
        hash.AppendData([0]);
        hash.AppendData(position);
        return hash.GetHashAndReset().AsSpan(0, CheckLength);
    }
}
