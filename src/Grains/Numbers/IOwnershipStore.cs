namespace Loopwave.Numbers;

/// <summary>
/// Who may act for a number. Each silo incarnation holds one lease, renewed by the store's own clock; each number has an
/// owner and an epoch that only rises. See docs/decisions for why a grain alone is not enough.
/// </summary>
public interface IOwnershipStore
{
    /// <summary>
    /// Takes a lease for a new incarnation, whose name is that of its silo, a slash, and what no other one has. Where the data can have only one process (a lock file is held), all earlier
    /// incarnations are revoked in the same step.
    /// </summary>
    Task Register(string incarnation, TimeSpan timeToLive);

    /// <summary>Prolongs the lease; false when it was revoked: the incarnation must close every connection at once.</summary>
    Task<bool> Renew(string incarnation, TimeSpan timeToLive);

    /// <summary>
    /// Ends every lease of a silo's incarnations that was not revoked before, for good: they can never be renewed. True when
    /// there was one; of several who ask at once, one is told so.
    /// </summary>
    Task<bool> Revoke(string silo);

    /// <summary>How many numbers belong to a silo's incarnations that were not revoked.</summary>
    Task<int> Owned(string silo);

    /// <summary>
    /// Takes the number for this incarnation and raises its epoch. Refused while another incarnation's lease is live, or
    /// when this incarnation's own lease is not.
    /// </summary>
    Task<long?> Claim(string number, string incarnation);

    /// <summary>The incarnation that owns the number, as long as its lease is live; null when there is none.</summary>
    Task<string?> Owner(string number);

    /// <summary>Gives the number up, so that the next owner need not wait. Nothing happens if the epoch has moved on.</summary>
    Task Release(string number, long epoch);
}
