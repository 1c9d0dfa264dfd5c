using Loopwave.Chats;

namespace Loopwave.Numbers;

/// <summary>
/// One at a time, in the order of asking: whoever reads stored messages in order to change them. What the one whose turn it
/// is looks up stays in the number's book until the turn is over.
/// </summary>
internal sealed class Turn(BookReaders readers)
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private IDisposable? _reading;

    public async Task WaitAsync()
    {
        await _turn.WaitAsync();
        _reading = readers.Enter();
    }

    public void Release()
    {
        _reading?.Dispose();
        _turn.Release();
    }
}
