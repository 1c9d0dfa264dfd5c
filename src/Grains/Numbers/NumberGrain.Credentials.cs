using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>
/// The credentials of the linked device. Those that are missing, truncated or of another key never become a new identity:
/// a paired number is logged out with the reason, and the file is left as it is.
/// </summary>
internal sealed partial class NumberGrain
{
    private static readonly Cause CredentialsUnreadable = new(
        "credentials_unreadable", "The stored credentials cannot be read. They were left as they are: restore them or their key, or link again.");

    private async Task OpenEngine()
    {
        if (!context.Lease.IsHeld)
        {
            // Without the lease nobody may open a connection; the timer looks again soon.
            return;
        }

        switch (await ports.Credentials.Load(Number))
        {
            case CredentialsRead.Unreadable unreadable when Session.Paired:
                LogCredentialsUnreadable(logger, Number, unreadable.Why);
                await Step(session => session.CredentialsLost(CredentialsUnreadable, Now));
                return;
            case CredentialsRead.Missing when Session.Paired:
                await Step(session => session.CredentialsLost(
                    new("credentials_missing", "The stored credentials are gone. Restore AUTH_DIR, or link the number again."), Now));
                return;
            case CredentialsRead.Found found when Session.Paired:
                await OpenEngine(found.Entries);
                return;
            default:
                await OpenEngine(null);
                return;
        }
    }

    private async Task SaveCredentials(List<CredentialEntry> changes)
    {
        if (changes.Count > 0 && !await ports.Credentials.Save(Number, State.Epoch, changes))
        {
            await GiveUpOwnership();
            throw new NumberNotOwnedException(Number);
        }
    }
}
