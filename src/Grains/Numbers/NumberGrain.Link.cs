using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>Linking a device, by a code that a person scans or types.</summary>
internal sealed partial class NumberGrain
{
    private LinkOffer? _offer;

    public Task<Outcome<LinkView>> Link(LinkRequest request) => OnNumber<LinkView>(async () =>
    {
        if (Session is { Paired: true, State: not SessionState.LoggedOut, LogOutDue: null } && !request.Replace)
        {
            return new Refusal(RefusalCode.AlreadyLinked, "A device is linked already. Unlink it first, or ask to replace it.");
        }

        var phone = request.Method is LinkMethod.Code ? Recipient.PhoneDigits(request.Phone ?? "") : null;
        if (request.Method is LinkMethod.Code && phone is null)
        {
            return new Refusal(RefusalCode.InvalidInput, "A pairing code needs the phone it is for: digits with country code.");
        }

        _offer = null;
        await Move(session => session.StartLink(new LinkAttempt(phone, request.Replace, Now), Now), document => document with { Desired = DesiredState.Started });
        return LinkView();
    });

    public Task<Outcome<LinkView>> GetLink() => OnNumber<LinkView>(() => Task.FromResult<Outcome<LinkView>>(
        Session.Detail is NumberDetail.Linking
            ? LinkView()
            : new Refusal(RefusalCode.NotLinking, "The number is not being linked. What became of it is told by the number itself.")));

    private LinkView LinkView()
    {
        var offer = Session.State is SessionState.Linking ? _offer : null;
        return new LinkView
        {
            Status = Session.Status, Detail = Session.Detail, Reason = Session.Reason,
            Qr = offer?.Qr, Code = offer?.Code, ExpiresAt = offer?.ExpiresAt,
        };
    }

    private sealed record LinkOffer(string? Qr, string? Code, DateTimeOffset ExpiresAt);
}
