using System.Buffers.Binary;
using System.IO.Compression;

namespace Loopwave.Sandbox;

/// <summary>Draws small pictures: eight by eight squares whose brightness the hash decides.</summary>
internal static class SandboxPictures
{
    private const int Squares = 8;
    private const int SquareSize = 8;
    private const int Size = Squares * SquareSize;

    // The code lengths of the usual table for brightness (ITU T.81, table K.3): category n has the code Codes[n].
    private static readonly (int Code, int Length)[] Categories =
    [
        (0b00, 2), (0b010, 3), (0b011, 3), (0b100, 3), (0b101, 3), (0b110, 3), (0b1110, 4), (0b11110, 5), (0b111110, 6),
        (0b1111110, 7), (0b11111110, 8), (0b111111110, 9),
    ];

    /// <summary>A grey PNG.</summary>
    public static byte[] Png(byte[] hash)
    {
        using var rows = new MemoryStream();
        using (var zip = new ZLibStream(rows, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; y < Size; y++)
            {
                zip.WriteByte(0);
                for (var x = 0; x < Size; x++)
                {
                    zip.WriteByte(Brightness(hash, x / SquareSize, y / SquareSize));
                }
            }
        }

        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Chunk(file, "IHDR"u8, [0, 0, 0, Size, 0, 0, 0, Size, 8, 0, 0, 0, 0]);
        Chunk(file, "IDAT"u8, rows.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>A grey baseline JPEG. Every square is one block with nothing but its mean, so no cosine is ever computed.</summary>
    public static byte[] Jpeg(byte[] hash)
    {
        using var file = new MemoryStream();
        file.Write([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, (byte)'J', (byte)'F', (byte)'I', (byte)'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);

        // All divisors are 8: the mean of a block is then stored as it is.
        file.Write([0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)8, 64)]);
        file.Write([0xFF, 0xC0, 0, 11, 8, 0, Size, 0, Size, 1, 1, 0x11, 0]);
        file.Write([0xFF, 0xC4, 0, 31, 0, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);

        // One code only, of one bit: the block ends here.
        file.Write([0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.Write([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
        Scan(file, hash);
        file.Write([0xFF, 0xD9]);
        return file.ToArray();
    }

    private static void Scan(MemoryStream file, byte[] hash)
    {
        var (bits, count, before) = (0, 0, 0);
        for (var block = 0; block < Squares * Squares; block++)
        {
            var mean = Brightness(hash, block % Squares, block / Squares) - 128;
            var difference = mean - before;
            before = mean;
            var category = 32 - int.LeadingZeroCount(Math.Abs(difference));
            Put(Categories[category].Code, Categories[category].Length);

            // A negative difference is written as one less, its high bits cut off.
            Put((difference < 0 ? difference - 1 : difference) & ((1 << category) - 1), category);
            Put(0, 1);
        }

        Put(0x7F, 7);

        void Put(int value, int length)
        {
            (bits, count) = ((bits << length) | value, count + length);
            while (count >= 8)
            {
                var whole = (byte)(bits >> (count - 8));
                count -= 8;
                bits &= (1 << count) - 1;
                file.WriteByte(whole);
                if (whole == 0xFF)
                {
                    file.WriteByte(0);
                }
            }
        }
    }

    private static byte Brightness(byte[] hash, int x, int y)
    {
        var index = y * Squares + x;
        return (byte)(hash[index % hash.Length] ^ (index / hash.Length * 0x55));
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(name);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc([.. name, .. data]));
        file.Write(number);
    }

    private static uint Crc(byte[] data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
