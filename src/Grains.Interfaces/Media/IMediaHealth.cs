namespace Loopwave.Media;

/// <summary>Whether this process can reach the files of the deployment. There where they are in a service of their own.</summary>
public interface IMediaHealth
{
    bool IsReady { get; }
}
