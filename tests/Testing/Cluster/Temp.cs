using System.Collections.Concurrent;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Numbers;

namespace Loopwave.Testing;

internal sealed class TempCredentials : ICredentialStore
{
    private static readonly ConcurrentDictionary<string, IReadOnlyList<CredentialEntry>> All = [];

    public Task<CredentialsRead> Load(string number) => Task.FromResult<CredentialsRead>(
        All.TryGetValue(number, out var entries) ? new CredentialsRead.Found(entries) : new CredentialsRead.Missing());

    public Task<bool> Save(string number, long epoch, IReadOnlyList<CredentialEntry> changes)
    {
        All[number] = changes;
        return Task.FromResult(true);
    }

    public Task<bool> Wipe(string number, long epoch)
    {
        All.TryRemove(number, out _);
        return Task.FromResult(true);
    }
}

internal sealed class TempFiles : IMediaFiles
{
    public Task<MediaWrite> Write(Stream content, long maxBytes, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<MediaWrite> Adopt(string path, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Stream?> Read(string hash, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string?> Path(string hash, CancellationToken cancellationToken) => throw new NotSupportedException();

    public string NewTransferPath() => throw new NotSupportedException();

    public Task Delete(string hash, CancellationToken cancellationToken) => throw new NotSupportedException();
}
