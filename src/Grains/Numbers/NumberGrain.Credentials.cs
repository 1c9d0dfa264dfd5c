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

    private static readonly Cause CredentialsMissing = new(
        "credentials_missing", "The stored credentials are gone. Restore AUTH_DIR, or link the number again.");

    // Whoever tells it tries more often; this is for when nobody does.
    private static readonly TimeSpan SaveAgainAfter = TimeSpan.FromMinutes(1);

    // What changed of the device with events that are stored, and is not saved yet.
    private OwedSecrets? _owed;
    private Joined? _save;
    private int _notOpened;

    private async Task OpenEngine()
    {
        if (!context.Lease.IsHeld)
        {
            // Without the lease nobody may open a connection; the timer looks again soon.
            return;
        }

        switch (await LoadCredentials())
        {
            case null:
                return;
            case CredentialsRead.Unreadable unreadable when Session.Paired:
                LogCredentialsUnreadable(logger, Number, unreadable.Why);
                await Step(session => session.CredentialsLost(CredentialsUnreadable, Now));
                return;
            case CredentialsRead.Missing when Session.Paired:
                await Step(session => session.CredentialsLost(CredentialsMissing, Now));
                return;
            case CredentialsRead.Found found when Session.Paired:
                await OpenEngine(found.Entries);
                return;
            default:
                await OpenEngine(null);
                return;
        }
    }

    // With what is owed, or not at all: without it the device would go back to a state it has left.
    private async Task<CredentialsRead?> LoadCredentials()
    {
        try
        {
            if (await CannotSaveOwed() is { } why)
            {
                await NotOpenedFor(why);
                return null;
            }
        }
        catch (CredentialsUnreadableException exception)
        {
            return new CredentialsRead.Unreadable(exception.Message);
        }

        return await ports.Credentials.Load(Number);
    }

    /// <summary>Saves what is owed, if anything is; never twice at the same time, for an older state must not come after a later one.</summary>
    private Task SaveOwed()
    {
        _save ??= new Joined(SaveOwedOnce);
        return _owed is null ? Task.CompletedTask : _save.Run();
    }

    private async Task SaveOwedOnce()
    {
        while (_owed is { } owed)
        {
            await SaveCredentials(owed.Changes, owed.Session);
            _owed = ReferenceEquals(_owed, owed) ? null : _owed;
        }

        _notOpened = 0;
    }

    // On top of what is owed already, as long as it is the same device: of another one nothing is saved any more.
    private void Owe(List<CredentialEntry> changes, NumberSession session) => _owed = _owed is { } owed && session.HasDeviceOf(owed.Session)
        ? new([.. owed.Changes, .. changes], session)
        : new(changes, session);

    // Whoever opens the number next, here or elsewhere, begins with what is stored.
    private async Task TryToSaveOwed()
    {
        try
        {
            await SaveOwed();
        }
        catch (Exception exception)
        {
            LogMissed(exception, "changed keys of the device");
        }
    }

    // As often as events are tried: what failed once may work a moment later.
    private async Task NotOpenedFor(Exception why)
    {
        if (++_notOpened >= MostRefusals)
        {
            _notOpened = 0;
            await CloseOver(why.GetType().Name);
            return;
        }

        LogFailed(logger, why, Number, "changed keys of the device");
        await Step(session => session.NotOpened(DisconnectCause.Of(DisconnectCause.ConnectionLost).Reason, Now, context.Random));
    }

    /// <summary>Saves what is owed, or says why that cannot be done, now or later.</summary>
    private async Task<Exception?> CannotSaveOwed()
    {
        try
        {
            await SaveOwed();
            return null;
        }
        catch (Exception exception) when (!MayPass(exception))
        {
            return exception;
        }
    }

    /// <summary>Saves what changed of the device that this session has. Of one that was unlinked meanwhile nothing may come back.</summary>
    private async Task SaveCredentials(List<CredentialEntry> changes, NumberSession session)
    {
        if (changes.Count == 0 || !Session.HasDeviceOf(session))
        {
            return;
        }

        switch (await ports.Credentials.Save(Number, State.Epoch, changes, begins: !session.Paired))
        {
            case CredentialsSave.Saved:
                return;
            case CredentialsSave.NothingStored:
                await Step(now => now.CredentialsLost(CredentialsMissing, Now));
                return;
            case CredentialsSave.StaleEpoch:
                GiveUpOwnership();
                throw new NumberNotOwnedException(Number);
            case var unknown:
                throw new InvalidOperationException($"Unknown result {unknown}.");
        }
    }

    /// <param name="Session">Whose device they are of.</param>
    private sealed record OwedSecrets(List<CredentialEntry> Changes, NumberSession Session);
}
