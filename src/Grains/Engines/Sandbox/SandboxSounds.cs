using System.Buffers.Binary;
using System.Text;

namespace Loopwave.Sandbox;

/// <summary>Makes short recordings of silence, and a film without a picture.</summary>
internal static class SandboxSounds
{
    private const int SampleRate = 48_000;
    private const int FramesPerSecond = 50;
    private const int Preskip = 312;

    // 20 ms of mono silence: what encoders write when there is nothing to hear.
    private static readonly byte[] Silence = [0xF8, 0xFF, 0xFE];

    /// <summary>An Ogg file with Opus in it; the hash is its serial number and its title.</summary>
    public static byte[] Ogg(byte[] hash, int seconds)
    {
        using var file = new MemoryStream();
        var serial = BinaryPrimitives.ReadUInt32LittleEndian(hash);
        Page(file, serial, 0, 2, 0, [OpusHead()]);
        Page(file, serial, 1, 0, 0, [OpusTags(Convert.ToHexStringLower(hash))]);
        for (var second = 1; second <= seconds; second++)
        {
            var last = second == seconds;
            var frames = Enumerable.Repeat(Silence, FramesPerSecond).ToArray();
            Page(file, serial, 1 + second, last ? (byte)4 : (byte)0, second * SampleRate + (last ? Preskip : 0), frames);
        }

        return file.ToArray();
    }

    /// <summary>An MP4 file of the given length that holds no track.</summary>
    public static byte[] Mp4(byte[] hash, int seconds)
    {
        byte[] brand = [.. "isom"u8, 0, 0, 2, 0, .. "isomiso2mp41"u8];
        var header = new byte[100];
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(12), 1000);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(16), 1000 * seconds);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(20), 0x00010000);
        BinaryPrimitives.WriteInt16BigEndian(header.AsSpan(24), 0x0100);

        // The matrix that leaves a picture as it is.
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(36), 0x00010000);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(52), 0x00010000);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(68), 0x40000000);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(96), 1);
        return [.. Box("ftyp", brand), .. Box("moov", Box("mvhd", header)), .. Box("free", hash)];
    }

    private static byte[] Box(string name, byte[] content)
    {
        var box = new byte[8 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(box, box.Length);
        Encoding.ASCII.GetBytes(name, box.AsSpan(4));
        content.CopyTo(box, 8);
        return box;
    }

    private static byte[] OpusHead()
    {
        byte[] head = [.. "OpusHead"u8, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(10), Preskip);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), SampleRate);
        return head;
    }

    private static byte[] OpusTags(string title)
    {
        using var tags = new MemoryStream();
        using var writer = new BinaryWriter(tags);
        writer.Write("OpusTags"u8);
        Text("Loopwave sandbox");
        writer.Write(1);
        Text("TITLE=" + title);
        return tags.ToArray();

        void Text(string text)
        {
            writer.Write(text.Length);
            writer.Write(Encoding.ASCII.GetBytes(text));
        }
    }

    private static void Page(MemoryStream file, uint serial, int number, byte flags, long position, byte[][] packets)
    {
        using var made = new MemoryStream();
        using var writer = new BinaryWriter(made);
        writer.Write("OggS"u8);
        writer.Write((byte)0);
        writer.Write(flags);
        writer.Write(position);
        writer.Write(serial);
        writer.Write(number);
        writer.Write(0);

        // Every packet here is shorter than 255 bytes, so each is one segment.
        writer.Write((byte)packets.Length);
        foreach (var packet in packets)
        {
            writer.Write((byte)packet.Length);
        }

        foreach (var packet in packets)
        {
            writer.Write(packet);
        }

        var page = made.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(22), Crc(page));
        file.Write(page);
    }

    private static uint Crc(byte[] data)
    {
        var crc = 0u;
        foreach (var value in data)
        {
            crc ^= (uint)value << 24;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x80000000) != 0 ? (crc << 1) ^ 0x04C11DB7 : crc << 1;
            }
        }

        return crc;
    }
}
