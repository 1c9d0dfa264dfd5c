using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Loopwave.Sandbox;

/// <summary>
/// Every choice that looks random, derived from the seed, the number and what the choice is about. No state is shared,
/// so the order in which things happen changes no outcome.
/// </summary>
internal sealed class SandboxDice(string seed)
{
    public byte[] Bytes(string about, string number, string id = "") =>
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', seed, about, number, id)));

    public ulong Roll(string about, string number, string id = "") =>
        BinaryPrimitives.ReadUInt64BigEndian(Bytes(about, number, id));

    public int Below(int limit, string about, string number, string id = "") =>
        (int)(Roll(about, number, id) % (ulong)limit);

    /// <summary>A WhatsApp id such as the network's clients make.</summary>
    public string MessageId(string about, string number, string id = "") =>
        "3EB0" + Convert.ToHexString(Bytes(about, number, id), 0, 9);

    /// <summary>What to multiply a delay with: from three quarters to five quarters.</summary>
    public double Variation(string about, string number, string id) =>
        0.75 + Roll(about, number, id) / (double)ulong.MaxValue / 2;
}
