using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Loopwave.Engines;

namespace Loopwave.Storage.Credentials;

/// <summary>
/// Changes of one number's credentials since its file was written: a device changes one key with every message, and its
/// file holds a thousand. A header names the version of the file that is continued, so that what is left of an earlier one
/// says nothing. Each record is encrypted like the file's entries and bound to its place. A last record that cannot be read
/// is a write that was cut off, and was never confirmed; any other one is damage.
/// </summary>
internal static class CredentialJournal
{
    private const byte Version = 1;
    private const int HeaderLength = 4 + 1 + CredentialFile.GenerationLength;

    // Twice, the second time inverted: a damaged length must not pass for the end.
    private const int LengthLength = 2 * sizeof(int);

    private static ReadOnlySpan<byte> Magic => "LWCJ"u8;

    /// <summary>Applies what the journal holds to the file that it continues.</summary>
    /// <exception cref="CryptographicException">It is damaged before its end.</exception>
    public static JournalEnd Replay(CredentialFile file, ReadOnlySpan<byte> journal)
    {
        if (!journal.StartsWith(Header(file)))
        {
            return JournalEnd.Nothing;
        }

        var end = new JournalEnd(0, HeaderLength);
        for (var rest = journal[HeaderLength..]; rest.Length >= LengthLength;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            if (length != ~BinaryPrimitives.ReadInt32LittleEndian(rest[sizeof(int)..]))
            {
                return CutOff(rest[LengthLength..], end);
            }

            rest = rest[LengthLength..];
            if (length < 0 || length > rest.Length)
            {
                return end;
            }

            var record = rest[..length];
            rest = rest[length..];
            if (file.TryOpen(record, end.Records) is not { } plain)
            {
                return CutOff(rest, end);
            }

            Apply(file, plain);
            end = new JournalEnd(end.Records + 1, end.Length + LengthLength + length);
        }

        return end;
    }

    // When the power goes, a file can be longer already than what of it was written: zeros stand there.
    private static JournalEnd CutOff(ReadOnlySpan<byte> rest, JournalEnd end) => rest.IndexOfAnyExcept((byte)0) < 0
        ? end
        : throw new CryptographicException("A record before the last one is damaged.");

    /// <summary>Adds a record behind <paramref name="end"/>, in place of whatever stands there; durable when this returns.</summary>
    public static void Append(string path, CredentialFile file, JournalEnd end, long epoch, IReadOnlyList<CredentialEntry> changes)
    {
        var record = Record(file, end.Records, epoch, changes);
        var length = new byte[LengthLength];
        BinaryPrimitives.WriteInt32LittleEndian(length, record.Length);
        BinaryPrimitives.WriteInt32LittleEndian(length.AsSpan(sizeof(int)), ~record.Length);
        var isNew = !File.Exists(path);
        using (var stream = new FileStream(path, OwnerOnly.File(FileMode.OpenOrCreate)))
        {
            stream.SetLength(end.Length);
            stream.Position = end.Length;
            try
            {
                stream.Write(end == JournalEnd.Nothing ? [.. Header(file), .. length, .. record] : [.. length, .. record]);
                stream.Flush(flushToDisk: true);
            }
            catch (IOException)
            {
                // What was not confirmed must not be found later.
                stream.SetLength(end.Length);
                throw;
            }
        }

        if (isNew)
        {
            OwnerOnly.FlushDirectory(Path.GetDirectoryName(path)!);
        }
    }

    /// <summary>Changes as a record for a place behind the file.</summary>
    public static byte[] Record(CredentialFile file, int place, long epoch, IReadOnlyList<CredentialEntry> changes) =>
        file.Seal(Plain(epoch, changes), place);

    /// <summary>Applies a record to the file that it continues.</summary>
    /// <exception cref="CryptographicException">It is damaged, or belongs to another place.</exception>
    public static void Apply(CredentialFile file, int place, ReadOnlySpan<byte> record) => Apply(
        file, file.TryOpen(record, place) ?? throw new CryptographicException("A record is damaged, or stands at another place."));

    private static byte[] Header(CredentialFile file) => [.. Magic, Version, .. file.Generation];

    private static byte[] Plain(long epoch, IReadOnlyList<CredentialEntry> changes)
    {
        var plain = new MemoryStream();
        using (var writer = new BinaryWriter(plain, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(epoch);
            writer.Write(changes.Count);
            foreach (var change in changes)
            {
                writer.Write(change.Name);
                writer.Write(change.Value?.Length ?? -1);
                writer.Write(change.Value ?? []);
            }
        }

        return plain.ToArray();
    }

    private static void Apply(CredentialFile file, byte[] plain)
    {
        using var reader = new BinaryReader(new MemoryStream(plain), Encoding.UTF8);
        file.Epoch = reader.ReadInt64();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var name = reader.ReadString();
            var length = reader.ReadInt32();
            file.Set(name, length < 0 ? null : reader.ReadBytes(length));
        }
    }
}

/// <summary>Where a journal ends: how many records it has, in how many bytes.</summary>
internal readonly record struct JournalEnd(int Records, int Length)
{
    public static JournalEnd Nothing => default;
}
