namespace Loopwave.Starting;

/// <summary>What works beside the rest of a process failed. The host stops then, since nobody can tell what else would be missing.</summary>
/// <param name="part">Its name.</param>
public sealed class PartFailedException(string part, Exception fault)
    : Exception($"{part} failed, and the process ended therefore: {fault.Message}", fault);
