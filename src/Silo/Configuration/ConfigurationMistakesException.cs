namespace Loopwave.Configuration;

/// <summary>The configuration cannot be used. Each mistake is one sentence that names the key and what it expects.</summary>
public sealed class ConfigurationMistakesException(IReadOnlyList<string> mistakes)
    : Exception(string.Join(Environment.NewLine, mistakes))
{
    public IReadOnlyList<string> Mistakes { get; } = mistakes;
}
