using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Loopwave.Storage.Credentials;

/// <summary>
/// The bytes of one number's credentials. A header names the format, the epoch and the key; a random data key, wrapped by
/// that key, encrypts every entry on its own and a table of contents that names them and holds their hash. All of it is
/// bound to the number, each entry also to its name, so that nothing can be moved, swapped, left out or cut off unseen.
/// Entries that did not change are copied as they are.
/// </summary>
internal sealed class CredentialFile
{
    public const int GenerationLength = NonceLength;

    private const byte Version = 1;
    private const byte Live = 1;
    private const byte Wiped = 2;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int Sealed = NonceLength + TagLength;
    private const int HeaderLength = 4 + 1 + 1 + sizeof(long) + CredentialKeys.IdLength;
    private const int WrappedLength = Sealed + CredentialKeys.KeyLength;

    private readonly string _number;
    private readonly byte[] _keyId;
    private readonly byte[] _wrapped;
    private readonly byte[] _dataKey;
    private readonly SortedDictionary<string, byte[]> _entries;

    private CredentialFile(string number, long epoch, byte[] keyId, byte[] wrapped, byte[] dataKey, SortedDictionary<string, byte[]> entries)
    {
        (_number, Epoch, _keyId, _wrapped, _dataKey, _entries) = (number, epoch, keyId, wrapped, dataKey, entries);
    }

    /// <summary>The epoch that wrote last.</summary>
    public long Epoch { get; set; }

    /// <summary>Random, new with every <see cref="Write"/>: tells which version of the file a journal continues.</summary>
    public byte[] Generation { get; private set; } = [];

    private static ReadOnlySpan<byte> Magic => "LWCR"u8;

    /// <summary>Nothing yet, under a data key of its own.</summary>
    public static CredentialFile Empty(string number, byte[] key)
    {
        var dataKey = RandomNumberGenerator.GetBytes(CredentialKeys.KeyLength);
        return new CredentialFile(number, 0, CredentialKeys.Id(key), Seal(key, dataKey, Context(number, "key")), dataKey, new(StringComparer.Ordinal));
    }

    /// <summary>What stays of a number whose secrets were destroyed: the epoch that did it.</summary>
    public static byte[] WriteWiped(string number, long epoch, byte[] key)
    {
        var keyId = CredentialKeys.Id(key);
        return [.. Header(Wiped, epoch, keyId), .. Seal(key, [], Context(number, "wiped", epoch))];
    }

    /// <summary>Reads a file, or says why it cannot be read.</summary>
    public static CredentialFileRead Read(byte[] bytes, string number, CredentialKeys keys)
    {
        try
        {
            return ReadChecked(bytes, number, keys);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            return new CredentialFileRead.Unreadable("the file is damaged, or belongs to another number");
        }
    }

    /// <summary>The same without its entries: enough to write records behind it.</summary>
    public CredentialFile Sealer() => new(_number, Epoch, _keyId, _wrapped, _dataKey, new(StringComparer.Ordinal)) { Generation = Generation };

    public byte[]? Find(string name) => _entries.TryGetValue(name, out var value) ? Open(_dataKey, value, Context(_number, "entry", name)) : null;

    public IEnumerable<(string Name, byte[] Value)> Entries() => _entries.Keys.Select(name => (name, Find(name)!));

    public void Set(string name, byte[]? value)
    {
        if (value is null)
        {
            _entries.Remove(name);
        }
        else
        {
            _entries[name] = Seal(_dataKey, value, Context(_number, "entry", name));
        }
    }

    /// <summary>Encrypts a record of the journal, bound to this version of the file and to its place.</summary>
    public byte[] Seal(byte[] plain, int place) => Seal(_dataKey, plain, RecordContext(place));

    /// <summary>The record in plain; null when it is not what stands at this place of this version's journal.</summary>
    public byte[]? TryOpen(ReadOnlySpan<byte> record, int place)
    {
        try
        {
            return record.Length < Sealed ? null : Open(_dataKey, record, RecordContext(place));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public byte[] Write(long epoch)
    {
        Epoch = epoch;
        var header = Header(Live, epoch, _keyId);
        var table = new MemoryStream();
        using (var writer = new BinaryWriter(table, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(HashOfContent());
            writer.Write(_entries.Count);
            foreach (var (name, entry) in _entries)
            {
                writer.Write(name);
                writer.Write(entry.Length);
            }
        }

        var sealedTable = Seal(_dataKey, table.ToArray(), Context(_number, "table", epoch));
        Generation = sealedTable[..GenerationLength];
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, sealedTable.Length);
        var file = new MemoryStream(header.Length + _wrapped.Length + length.Length + sealedTable.Length + _entries.Values.Sum(entry => entry.Length));
        file.Write(header);
        file.Write(_wrapped);
        file.Write(length);
        file.Write(sealedTable);
        foreach (var entry in _entries.Values)
        {
            file.Write(entry);
        }

        return file.ToArray();
    }

    private static CredentialFileRead ReadChecked(byte[] bytes, string number, CredentialKeys keys)
    {
        if (bytes.Length < HeaderLength || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic))
        {
            return new CredentialFileRead.Unreadable("the file is damaged");
        }

        if (bytes[4] is not Version)
        {
            return new CredentialFileRead.Unreadable("the file has a format of another release");
        }

        var kind = bytes[5];
        var epoch = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(6));
        var keyId = bytes[(HeaderLength - CredentialKeys.IdLength)..HeaderLength];
        if (keys.Find(keyId) is not { } key)
        {
            return new CredentialFileRead.Unreadable(keys.WhyMissing ?? "the file was written with another key");
        }

        var rest = bytes.AsSpan(HeaderLength);
        if (kind is Wiped)
        {
            Open(key, rest, Context(number, "wiped", epoch));
            return new CredentialFileRead.Wiped(epoch);
        }

        if (kind is not Live)
        {
            return new CredentialFileRead.Unreadable("the file is damaged");
        }

        var wrapped = rest[..WrappedLength].ToArray();
        var dataKey = Open(key, wrapped, Context(number, "key"));
        rest = rest[WrappedLength..];
        var tableLength = BinaryPrimitives.ReadInt32LittleEndian(rest);
        rest = rest[sizeof(int)..];
        var table = Open(dataKey, rest[..tableLength], Context(number, "table", epoch));
        var generation = rest[..GenerationLength].ToArray();
        var entries = ReadEntries(table, rest[tableLength..]);
        var file = new CredentialFile(number, epoch, keyId, wrapped, dataKey, entries) { Generation = generation };
        return new CredentialFileRead.Found(file, JournalEnd.Nothing);
    }

    private static SortedDictionary<string, byte[]> ReadEntries(byte[] table, ReadOnlySpan<byte> content)
    {
        var entries = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        using var reader = new BinaryReader(new MemoryStream(table), Encoding.UTF8);
        if (!SHA256.HashData(content).AsSpan().SequenceEqual(reader.ReadBytes(SHA256.HashSizeInBytes)))
        {
            throw new CryptographicException("The entries are not those that the table names.");
        }

        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var name = reader.ReadString();
            var length = reader.ReadInt32();
            entries.Add(name, content[..length].ToArray());
            content = content[length..];
        }

        return entries;
    }

    private byte[] HashOfContent()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in _entries.Values)
        {
            hash.AppendData(entry);
        }

        return hash.GetHashAndReset();
    }

    private static byte[] Header(byte kind, long epoch, byte[] keyId)
    {
        var header = new byte[HeaderLength];
        Magic.CopyTo(header);
        header[4] = Version;
        header[5] = kind;
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(6), epoch);
        keyId.CopyTo(header, HeaderLength - CredentialKeys.IdLength);
        return header;
    }

    private static byte[] Seal(byte[] key, ReadOnlySpan<byte> plain, byte[] context)
    {
        var result = new byte[NonceLength + plain.Length + TagLength];
        RandomNumberGenerator.Fill(result.AsSpan(0, NonceLength));
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(
            result.AsSpan(0, NonceLength), plain, result.AsSpan(NonceLength, plain.Length), result.AsSpan(NonceLength + plain.Length), context);
        return result;
    }

    private static byte[] Open(byte[] key, ReadOnlySpan<byte> box, byte[] context)
    {
        var plain = new byte[box.Length - Sealed];
        using var aes = new AesGcm(key, TagLength);
        aes.Decrypt(box[..NonceLength], box[NonceLength..^TagLength], box[^TagLength..], plain, context);
        return plain;
    }

    private byte[] RecordContext(int place) => Context(_number, "record", $"{Convert.ToHexStringLower(Generation)} {place}");

    // Each part with its length in front, so that no two contexts can read the same.
    private static byte[] Context(string number, string what, object? field = null)
    {
        var parts = new[] { $"v{Version}", number, what, field?.ToString() ?? "" };
        return Encoding.UTF8.GetBytes(string.Join('|', parts.Select(part => $"{part.Length}:{part}")));
    }
}

internal abstract record CredentialFileRead
{
    public sealed record Found(CredentialFile File, JournalEnd Journal) : CredentialFileRead;

    public sealed record Wiped(long Epoch) : CredentialFileRead;

    public sealed record Unreadable(string Why) : CredentialFileRead;

    private CredentialFileRead()
    {
    }
}
