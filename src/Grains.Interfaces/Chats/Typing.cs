namespace Loopwave.Chats;

/// <summary>What somebody does in a chat at this moment.</summary>
[Alias("loopwave.presence-state")]
public enum PresenceState
{
    Composing,

    /// <summary>Records a voice message.</summary>
    Recording,

    /// <summary>Stopped doing either.</summary>
    Paused,
}

/// <summary>People who write in a chat, as far as the network told. Kept in memory only.</summary>
/// <param name="State">What whoever was heard of last does: <c>composing</c> or <c>recording</c>.</param>
/// <param name="Jids">Who: the other side, in a group its participants.</param>
/// <param name="Until">When it is over, unless they are heard of again.</param>
[GenerateSerializer, Immutable, Alias("loopwave.typing")]
public sealed record Typing(
    [property: Id(0)] PresenceState State,
    [property: Id(1)] IReadOnlyList<string> Jids,
    [property: Id(2)] DateTimeOffset Until);

/// <summary>A chat with who writes in it; null when nobody does.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.chat-details")]
public sealed record ChatDetails([property: Id(0)] ChatView Chat, [property: Id(1)] Typing? Typing);
