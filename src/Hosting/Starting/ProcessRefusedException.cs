namespace Loopwave.Starting;

/// <summary>A process cannot be used as it is set up, and trying again leads to the same end. Each problem is one sentence for an operator.</summary>
public sealed class ProcessRefusedException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
