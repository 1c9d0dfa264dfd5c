using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>
/// The secrets of linked devices: whoever has them owns the account. Encrypted, bound to their number, and never
/// silently replaced: what cannot be read stays where it is and is reported.
/// </summary>
public interface ICredentialStore
{
    Task<CredentialsRead> Load(string number);

    /// <summary>
    /// Atomic: all changes or none, durable when this returns, unless they are refused. Changes go on from what is stored.
    /// Where nothing is, never or no longer, they are refused: what arrives late brings nothing back that was wiped, and half
    /// of a device is none. Never builds on credentials that cannot be read: that throws
    /// <see cref="CredentialsUnreadableException"/>.
    /// </summary>
    /// <param name="begins">They are of a device that is being linked, which begins anew where nothing is stored.</param>
    Task<CredentialsSave> Save(string number, long epoch, IReadOnlyList<CredentialEntry> changes, bool begins);

    /// <summary>Destroys the secrets of a number, readable or not. Refused (false) when a higher epoch wrote before.</summary>
    Task<bool> Wipe(string number, long epoch);
}

public enum CredentialsSave
{
    Saved,

    /// <summary>A higher epoch wrote before; nothing was written.</summary>
    StaleEpoch,

    /// <summary>There is nothing that the changes could go on from; nothing was written.</summary>
    NothingStored,
}

/// <summary>What was found for a number.</summary>
public abstract record CredentialsRead
{
    public sealed record Found(IReadOnlyList<CredentialEntry> Entries) : CredentialsRead;

    public sealed record Missing : CredentialsRead;

    /// <summary>There is something, but it is damaged or was written with another key. It is left as it is.</summary>
    public sealed record Unreadable(string Why) : CredentialsRead;
}

/// <summary>Credentials are there but cannot be read, so nothing may be written over them.</summary>
public sealed class CredentialsUnreadableException(string number, string why)
    : Exception($"The credentials of {number} cannot be read: {why}");
