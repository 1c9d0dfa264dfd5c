using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>Where a number learns from another one who is one person; keyed by number.</summary>
[Alias("loopwave.number-people")]
internal interface INumberPeople : IGrainWithStringKey
{
    /// <summary>Another number stored that these addresses are one person each. Chats that are with one person by that become one.</summary>
    [Alias("learn")]
    Task Learn(IReadOnlyList<EngineEvent.AliasLearned> aliases);
}
