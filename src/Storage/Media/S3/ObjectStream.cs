using Loopwave.Deployment;

namespace Loopwave.Storage.Media.S3;

/// <summary>
/// An object to read with seeking, in bounded memory: its first bytes are here, the rest comes from wherever it is read. An answer that is
/// cut off is asked for again from there, and no reader ever takes a part for the whole.
/// </summary>
internal sealed class ObjectStream(S3Bucket bucket, string name, long length, ReadOnlyMemory<byte> head) : Stream
{
    private const int MostTries = 3;

    private ReceivedStream? _body;
    private long _bodyAt;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= length || buffer.IsEmpty)
        {
            return 0;
        }

        var read = _position < head.Length ? FromHead(buffer.Span) : await FromBody(buffer, cancellationToken);
        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read from the network.");

    public override long Seek(long offset, SeekOrigin origin)
    {
        var target = offset + origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _position,
            SeekOrigin.End => length,
        };
        ArgumentOutOfRangeException.ThrowIfNegative(target, nameof(offset));
        return _position = target;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            CloseBody();
        }

        base.Dispose(disposing);
    }

    private int FromHead(Span<byte> buffer)
    {
        var rest = head.Span[(int)_position..];
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        return count;
    }

    private async Task<int> FromBody(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                if (_body is null || _bodyAt != _position)
                {
                    CloseBody();
                    (_body, _bodyAt) = (await bucket.Open(name, _position, length - _position, cancellationToken) ?? throw bucket.Errors.Damaged(), _position);
                }

                var read = await _body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length - _position)], cancellationToken);
                _bodyAt += read;
                return read > 0 ? read : throw bucket.Errors.Damaged();
            }
            catch (StorageUnavailableException) when (tries < MostTries)
            {
                CloseBody();
            }
        }
    }

    private void CloseBody()
    {
        _body?.Dispose();
        _body = null;
    }
}
