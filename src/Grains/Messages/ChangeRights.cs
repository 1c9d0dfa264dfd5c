namespace Loopwave.Messages;

/// <summary>Who wrote something.</summary>
/// <param name="Party">The party behind an address; null for this account, on whichever of its devices.</param>
internal sealed record Writer(string? Party)
{
    public static Writer Us { get; } = new(Party: null);
}

/// <summary>What somebody wants done to a message that is here.</summary>
internal enum ChangeKind
{
    Edit,
    Revoke,
}

/// <summary>
/// Who may change a message. What a change says is encrypted, so the network checks none of it: each client has to, and this is
/// what WhatsApp's own hold to. Pure.
/// </summary>
internal static class ChangeRights
{
    /// <param name="by">Who wants it; null where nobody knows.</param>
    /// <param name="author">Who wrote the message.</param>
    /// <param name="isAdmin">Whether they are an administrator of the group. Where nobody knows they are not: what was not taken back still shows, and what was is gone.</param>
    public static bool Allow(ChangeKind kind, Writer? by, Writer author, bool inGroup, bool? isAdmin) => by == author || kind switch
    {
        ChangeKind.Edit => false,
        ChangeKind.Revoke => inGroup && isAdmin is true,
    };
}

/// <summary>A change that was not made.</summary>
/// <param name="Message">Our id of the message.</param>
internal sealed record RefusedChange(ChangeKind Kind, string Message, bool InGroup, bool? IsAdmin);
