using Loopwave.Media;
using Loopwave.Storage.Media;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Files;

public sealed class DirectoryMediaFilesTests() : MediaFilesTests(new DirectoryBackend());

/// <summary>A directory that processes share.</summary>
public sealed class DirectoryBackend : MediaFilesBackend
{
    private readonly string _directory = Directory.CreateTempSubdirectory("loopwave-").FullName;

    private string[] All => Directory.GetFiles(_directory, "*", SearchOption.AllDirectories);

    public override IMediaFiles Start(string process) => new MediaDirectory(_directory, process);

    public override Task<int> Count() => Task.FromResult(All.Length - OnTheWay().Count);

    public override IReadOnlyList<string> OnTheWay() => [.. All.Where(path => path.StartsWith(Path.Combine(_directory, "processes"), StringComparison.Ordinal))];

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
