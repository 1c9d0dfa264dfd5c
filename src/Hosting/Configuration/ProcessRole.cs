namespace Loopwave.Configuration;

/// <summary>What a process is for. Only the composition roots know it.</summary>
public enum ProcessRole
{
    /// <summary>Everything in one process, with its data in files.</summary>
    Standalone,

    /// <summary>Runs numbers, as one of many.</summary>
    Silo,

    /// <summary>Answers HTTP, as one of many; holds no data.</summary>
    Api,
}
