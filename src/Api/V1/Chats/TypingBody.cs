using Loopwave.Chats;

namespace Loopwave.Api.V1.Chats;

/// <summary>What to show the other side.</summary>
internal sealed record TypingBody
{
    /// <summary>
    /// <c>composing</c> and <c>recording</c> are shown for about 25 seconds, or until a message or <c>paused</c>: say them again
    /// every 10 seconds while they last.
    /// </summary>
    public required PresenceState State { get; init; }
}
