namespace Loopwave.Numbers;

/// <summary>Where a number stands with its network. Every transition is a method here.</summary>
public sealed record NumberSession
{
    public DateTimeOffset Since { get; init; }
}
