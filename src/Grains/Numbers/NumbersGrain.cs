using Loopwave.Cluster;
using Loopwave.Messages;
using Orleans.Concurrency;

namespace Loopwave.Numbers;

/// <summary>Creates numbers, lists them and passes on what is asked of one. Keeps nothing.</summary>
[StatelessWorker, Reentrant]
internal sealed class NumbersGrain(INumberStore numbers, NumberContext context, NumberReach reach) : NumberWayGrain(context.Lease, reach), INumbersGrain
{
    private const int MostLabelCharacters = 80;
    private const int MostTags = 50;

    public async Task<Outcome<NumberView>> Create(NewNumber number)
    {
        if (Check(number) is { } refusal)
        {
            return refusal;
        }

        NumberProxy? proxy = null;
        if (number.Proxy?.Url is { } url)
        {
            var read = NumberProxy.Read(url, number.Engine, context.Outbound);
            if (read.Refusal is { } refused)
            {
                return refused;
            }

            proxy = read.Value;
        }

        if (number.Idempotency is { } key && await numbers.FindIdempotent(key.Scope, key.Key) is { } before)
        {
            return await Replay(key, before);
        }

        var now = context.Clock.GetUtcNow();
        var session = new NumberSession { Since = now };
        var document = new NumberDocument
        {
            Id = NewId.Number(), Label = number.Label.Trim(), Engine = number.Engine, Desired = DesiredState.Started,
            Session = session, Proxy = proxy, CreatedAt = now, UpdatedAt = now,
        };
        var idempotency = number.Idempotency is { } one ? new IdempotencyRecord(one, document.Id, now) : null;
        if (await numbers.Create(document, new TimelineEntry(document.Id, 0, session.Transition(now)), idempotency) is not CommitResult.Committed)
        {
            return new Refusal(RefusalCode.IdempotencyConflict, "The same request is being carried out at this moment.", TimeSpan.FromSeconds(1));
        }

        if (number.Engine is EngineKind.Sandbox)
        {
            // Nobody has to hold a phone to a sandbox number.
            await Number(document.Id).Link(new LinkRequest(LinkMethod.Qr));
        }

        return (await numbers.Load(document.Id))!.View(now);
    }

    public async Task<Outcome<Page<NumberView>>> List(NumberStatus? status, PageRequest page, Access access)
    {
        try
        {
            var found = await numbers.List(new NumberQuery(status, page, access));
            return new Page<NumberView>([.. found.Data.Select(View)], found.NextCursor);
        }
        catch (InvalidCursorException exception)
        {
            return new Refusal(RefusalCode.InvalidCursor, exception.Message);
        }
    }

    public async Task<Outcome<NumberDetails>> Get(string id, Access access)
    {
        if (await numbers.Load(id) is not { } stored || !access.Allows(id, stored.Document.Engine))
        {
            return new Refusal(RefusalCode.UnknownNumber, "There is no number with this id.");
        }

        var timeline = await numbers.Timeline(id);
        return new NumberDetails(View(stored), [.. timeline.Select(entry => entry.Transition)]);
    }

    public Task<Outcome<LinkView>> Link(string id, LinkRequest request) => PassOn(id, () => Number(id).Link(request));

    public Task<Outcome<LinkView>> GetLink(string id) => PassOn(id, () => Number(id).GetLink());

    public Task<Outcome<NumberView>> Update(string id, NumberUpdate update) => PassOn(id, () => Number(id).Update(update));

    public Task<Outcome<NumberView>> SetDesired(string id, DesiredState state) => PassOn(id, () => Number(id).SetDesired(state));

    public Task<Outcome<NumberView>> Reconnect(string id) => PassOn(id, () => Number(id).Reconnect());

    public Task<Outcome<NumberView>> SyncHistory(string id, HistoryRequest request) => PassOn(id, () => Number(id).SyncHistory(request));

    public Task<Outcome<NumberView>> Unlink(string id) => PassOn(id, () => Number(id).Unlink());

    private INumberGrain Number(string id) => GrainFactory.GetGrain<INumberGrain>(id);

    private NumberView View(StoredNumber stored) => stored.View(context.Clock.GetUtcNow());

    private Refusal? Check(NewNumber number)
    {
        if (number.Label.Trim().Length is 0 or > MostLabelCharacters)
        {
            return new Refusal(RefusalCode.InvalidInput, $"The label needs 1 to {MostLabelCharacters} characters.");
        }

        if (number.Access.SandboxOnly && number.Engine is not EngineKind.Sandbox)
        {
            return new Refusal(RefusalCode.NumberNotAllowed, "This key can only make sandbox numbers.");
        }

        return context.HasEngine(number.Engine)
            ? null
            : new Refusal(RefusalCode.InvalidInput, "This engine is not available in this deployment.");
    }

    private async Task<Outcome<NumberView>> Replay(IdempotencyKey key, IdempotencyRecord before) =>
        before.Key.BodyHash == key.BodyHash
            ? (await numbers.Load(before.Result))!.View(context.Clock.GetUtcNow())
            : new Refusal(RefusalCode.IdempotencyMismatch, "This key was used for another request.");

    /// <summary>What an update of a number may say.</summary>
    internal static Refusal? Check(NumberUpdate update) =>
        update.Label is { } label && label.Trim().Length is 0 or > MostLabelCharacters
            ? new Refusal(RefusalCode.InvalidInput, $"The label needs 1 to {MostLabelCharacters} characters.")
            : update.Tags is { } tags && (tags.Count > MostTags || tags.Any(tag => tag.Trim().Length is 0 or > 40))
                ? new Refusal(RefusalCode.InvalidInput, $"At most {MostTags} tags of 1 to 40 characters.")
                : null;
}
