using System.Buffers;
using System.Globalization;
using System.Text;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace Loopwave.WhatsApp;

/// <summary>
/// Messages with a <c>Content-Length</c> header, as in the Language Server Protocol, and none that would fill the memory:
/// an announced length is believed only up to the protocol's limit.
/// </summary>
internal sealed class HostFrames(Stream stream, IJsonRpcMessageFormatter formatter) : PipeMessageHandler(stream, stream, formatter)
{
    private const int MostHeaderBytes = 1024;
    private const string ContentLength = "Content-Length:";

    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first answer is on its way: whatever is written from now on comes after it.</summary>
    public Task Answered => _answered.Task;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    protected override async ValueTask<JsonRpcMessage?> ReadCoreAsync(CancellationToken cancellationToken)
    {
        if (await ReadLength(cancellationToken) is not { } length)
        {
            return null;
        }

        var read = await ReadAtLeastAsync(length, allowEmpty: false, cancellationToken);
        var frame = read.Buffer.Slice(0, length);
        var message = Formatter.Deserialize(new ReadOnlySequence<byte>(frame.ToArray()));
        Reader!.AdvanceTo(frame.End);
        return message;
    }

    protected override void Write(JsonRpcMessage content, CancellationToken cancellationToken)
    {
        var frame = new ArrayBufferWriter<byte>();
        Formatter.Serialize(frame, content);
        if (frame.WrittenCount > EngineProtocol.LargestFrame)
        {
            throw new InvalidDataException($"A message of {frame.WrittenCount} bytes is too large for the engine host.");
        }

        Writer!.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{ContentLength} {frame.WrittenCount}\r\n\r\n")));
        Writer!.Write(frame.WrittenSpan);
        if (content is JsonRpcResult)
        {
            _answered.TrySetResult();
        }
    }

    /// <summary>Null at the end of the stream.</summary>
    private async ValueTask<int?> ReadLength(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await Reader!.ReadAsync(cancellationToken);
            if (TryReadHeader(read.Buffer, out var header, out var next))
            {
                Reader.AdvanceTo(next);
                return Length(header);
            }

            if (read.IsCompleted)
            {
                return read.Buffer.IsEmpty ? null : throw new EndOfStreamException("The stream ended inside a header.");
            }

            if (read.Buffer.Length > MostHeaderBytes)
            {
                throw new InvalidDataException("A header has no end.");
            }

            Reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static bool TryReadHeader(ReadOnlySequence<byte> buffer, out string header, out SequencePosition next)
    {
        var reader = new SequenceReader<byte>(buffer);
        var found = reader.TryReadTo(out ReadOnlySequence<byte> bytes, "\r\n\r\n"u8);
        header = found ? Encoding.ASCII.GetString(bytes) : "";
        next = reader.Position;
        return found;
    }

    private static int Length(string header)
    {
        var line = header.Split("\r\n").FirstOrDefault(line => line.StartsWith(ContentLength, StringComparison.OrdinalIgnoreCase));
        return int.TryParse(line?[ContentLength.Length..].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length is > 0 and <= EngineProtocol.LargestFrame
                ? length
                : throw new InvalidDataException("A message has no usable length.");
    }
}
