using System.Security.Cryptography;
using System.Text;
using Loopwave.Deployment;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.ApiKeys;

/// <summary>
/// One API key. Requests wait for storage side by side, since that may hang; they are counted without a wait in between, so the limit is
/// exact. Changes are made one after the other.
/// </summary>
internal sealed partial class ApiKeyGrain(
    IApiKeyStore store,
    IOptions<ApiKeyOptions> options,
    TimeProvider clock,
    ILogger<ApiKeyGrain> logger) : Grain, IApiKeyGrain
{
    // A split cluster can run two copies of this grain for a while. Reading again bounds how long the other copy's
    // "disabled" can go unnoticed here.
    private static readonly TimeSpan ReadAgain = TimeSpan.FromSeconds(5);

    // What an unknown key is compared with, so that it takes as long as a known one.
    private static readonly string NoSecret = new('0', 64);

    private ApiKeyDocument? _key;
    private long? _readAt;
    private Task _reading = Task.CompletedTask;

    // Counts changes: what was read before one is not the key any more.
    private int _changes;
    private RateWindow _window;
    private DateTimeOffset? _usedAt;

    private string Id => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var minute = TimeSpan.FromMinutes(1);
        this.RegisterGrainTimer(SaveLastUse, new GrainTimerCreationOptions(minute, minute));
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => SaveLastUse();

    public async Task<KeyAdmission> Admit(string secretHash, bool testKey)
    {
        await Read();
        if (!IsRight(secretHash, testKey))
        {
            if (_key is null)
            {
                DeactivateOnIdle();
            }

            return new KeyAdmission { Known = false };
        }

        var now = clock.GetUtcNow();
        var limit = options.Value.RequestsPerMinute;
        (_window, var taken) = _window.Take(now, limit);
        _usedAt = now;
        return new KeyAdmission
        {
            Known = true,
            WithinRate = taken,
            Limit = limit,
            Remaining = limit - _window.Used,
            ResetAt = _window.EndsAt,
            Scopes = _key!.Scopes,
            Access = new Access(_key.Test, _key.Numbers),
            Name = _key.Name,
        };
    }

    public async Task<Outcome<ApiKeyView>> SetEnabled(bool enabled)
    {
        try
        {
            _readAt = null;
            await Read();
            if (_key is null)
            {
                DeactivateOnIdle();
                return new Refusal(RefusalCode.NotFound, "There is no such key.");
            }

            var changed = _key with { Enabled = enabled };
            await store.Put(changed);
            Changed(changed);
            return changed.ToView();
        }
        catch (StorageUnavailableException)
        {
            return new Refusal(RefusalCode.StorageUnavailable, "Keys can't be stored at the moment.");
        }
    }

    private async Task Read()
    {
        if (_readAt is { } readAt && clock.GetElapsedTime(readAt) < ReadAgain)
        {
            return;
        }

        if (_reading.IsCompleted)
        {
            _reading = ReadOnce();
        }

        await _reading;
    }

    private async Task ReadOnce()
    {
        var changes = _changes;
        var key = await store.Get(Id);
        if (changes == _changes)
        {
            (_key, _readAt) = (key, clock.GetTimestamp());
        }
    }

    private void Changed(ApiKeyDocument key) => (_key, _readAt, _changes) = (key, clock.GetTimestamp(), _changes + 1);

    private bool IsRight(string secretHash, bool testKey)
    {
        var same = CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(secretHash), Encoding.UTF8.GetBytes(_key?.SecretHash ?? NoSecret));
        return same && _key is { Enabled: true } && _key.Test == testKey;
    }

    // Outside the requests, and never a reason to refuse one: a full disk must not stop reading.
    private async Task SaveLastUse()
    {
        if (_key is null || _usedAt is not { } usedAt)
        {
            return;
        }

        var minute = new DateTimeOffset(usedAt.UtcTicks - usedAt.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero);
        if (_key.LastUsedAt == minute)
        {
            return;
        }

        try
        {
            // Never the whole key: it may have been switched off since it was read, by another copy of this grain.
            await store.NoteUse(Id, minute);
            _key = _key is null ? null : _key with { LastUsedAt = minute };
            if (_usedAt == usedAt)
            {
                _usedAt = null;
            }
        }
        catch (StorageUnavailableException e)
        {
            LogLastUseNotSaved(logger, Id, e.Message);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning,
        Message = "The last use of API key {ApiKeyId} could not be saved and will be tried again: {Reason}")]
    private static partial void LogLastUseNotSaved(ILogger logger, string apiKeyId, string reason);
}
