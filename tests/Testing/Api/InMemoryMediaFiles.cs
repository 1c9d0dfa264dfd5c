using System.Collections.Concurrent;
using System.Security.Cryptography;
using Loopwave.Media;

namespace Loopwave.Testing.Api;

/// <summary>Keeps files in memory, by the hash of their content.</summary>
public sealed class InMemoryMediaFiles : IMediaFiles
{
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    public bool IsFull { get; set; }

    public async Task<MediaWrite> Write(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, cancellationToken);
        if (copy.Length > maxBytes)
        {
            return new MediaWrite.TooLarge(maxBytes);
        }

        return IsFull ? new MediaWrite.DiskFull() : Keep(copy.ToArray());
    }

    public MediaWrite.Stored Keep(byte[] bytes)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Files[hash] = bytes;
        return new MediaWrite.Stored(hash, bytes.Length);
    }

    public async Task<MediaWrite> Adopt(string path, CancellationToken cancellationToken)
    {
        var bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        File.Delete(path);
        return IsFull ? new MediaWrite.DiskFull() : Keep(bytes);
    }

    public Task<Stream?> Read(string hash, CancellationToken cancellationToken) =>
        Task.FromResult<Stream?>(Files.TryGetValue(hash, out var bytes) ? new MemoryStream(bytes, writable: false) : null);

    public Task<bool> Holds(string hash, CancellationToken cancellationToken) => Task.FromResult(Files.ContainsKey(hash));

    public Task<LentFile?> Lend(string hash, CancellationToken cancellationToken) => Task.FromResult<LentFile?>(null);

    public string NewTransferPath() => System.IO.Path.Combine(System.IO.Path.GetTempPath(), "loopwave-test-" + NewId.Key());

    public async Task Delete(string hash, Func<Task<bool>> mayGo)
    {
        Files.TryRemove(hash, out var bytes);
        if (!await mayGo() && bytes is not null)
        {
            Files[hash] = bytes;
        }
    }

    /// <summary>Knows no ages: nothing is ever left.</summary>
    public Task<int> Sweep(
        DateTimeOffset before, Func<IReadOnlyCollection<string>, Task<IReadOnlySet<string>>> needed, CancellationToken cancellationToken) =>
        Task.FromResult(0);
}
