using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Loopwave.Api.Cluster;

/// <summary>Lets nobody else in by a socket that listens, while those who are at the door already still come in and can be accepted.</summary>
internal static class Door
{
    private const int SocketLevel = 1;
    private const int AttachFilter = 26;
    private const int ProgramLength = 16;

    // A classic Berkeley packet filter, an instruction a line: code (2 bytes), where to go when true and when false, operand (4 bytes).
    private static readonly byte[] DropFirstPackets =
    [
        0x30, 0, 0, 0, 13, 0, 0, 0, // load the flags of the TCP header
        0x45, 0, 0, 1, 2, 0, 0, 0, // is SYN among them? if not, one further
        0x06, 0, 0, 0, 0, 0, 0, 0, // keep nothing of the packet
        0x06, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, // keep all of it
    ];

    /// <summary>
    /// The kernel drops the first packet of whoever connects (socket(7), SO_ATTACH_FILTER), so that they try again, a second later, and are refused once the
    /// socket is closed. Without this, those who connect between the last look and the closing are cut off. Where that does not exist, it is left out.
    /// </summary>
    public static void Close(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || !BitConverter.IsLittleEndian || IntPtr.Size != sizeof(long))
        {
            return;
        }

        var filter = GCHandle.Alloc(DropFirstPackets, GCHandleType.Pinned);
        try
        {
            // struct sock_fprog: how many instructions, and where they are.
            var program = new byte[ProgramLength];
            BinaryPrimitives.WriteUInt16LittleEndian(program, 4);
            BinaryPrimitives.WriteInt64LittleEndian(program.AsSpan(sizeof(long)), filter.AddrOfPinnedObject());
            socket.SetRawSocketOption(SocketLevel, AttachFilter, program);
        }
        catch (SocketException)
        {
            // Forbidden here.
        }
        finally
        {
            filter.Free();
        }
    }
}
