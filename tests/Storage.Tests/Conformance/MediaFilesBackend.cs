using Loopwave.Media;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>Where files are kept, empty, as the conformance suite sees it.</summary>
public abstract class MediaFilesBackend : IAsyncDisposable
{
    /// <summary>A process of the deployment, or the same one started again.</summary>
    public abstract IMediaFiles Start(string process);

    /// <summary>The same, after what decides over a file has had its time.</summary>
    public virtual IMediaFiles StartLater(string process) => Start(process);

    /// <summary>How often content is kept.</summary>
    public abstract Task<int> Count();

    /// <summary>All files of this machine that a process holds for the way.</summary>
    public abstract IReadOnlyList<string> OnTheWay();

    public abstract ValueTask DisposeAsync();
}
