using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Testing;

/// <summary>Numbers as they are stored, with a test around their commits, and told of their sweeps.</summary>
internal sealed class InterceptedNumbers(
    INumberStore inner, Func<NumberChanges, Func<Task<CommitResult>>, Task<CommitResult>>? commits, Action<NumberRange>? sweeps) : INumberStore
{
    public Task<CommitResult> Commit(NumberChanges changes, CommitLane lane) =>
        commits is null ? inner.Commit(changes, lane) : commits(changes, () => inner.Commit(changes, lane));

    public Task<CommitResult> Create(NumberDocument number, TimelineEntry first, IdempotencyRecord? idempotency) => inner.Create(number, first, idempotency);

    public Task<StoredNumber?> Load(string number) => inner.Load(number);

    public Task<IReadOnlyList<QueueItem>> Queue(string number, long after, int limit) => inner.Queue(number, after, limit);

    public Task<EngineKind?> Engine(string number) => inner.Engine(number);

    public Task<int> QueueLength(string number) => inner.QueueLength(number);

    public Task<IReadOnlyList<TimelineEntry>> Timeline(string number) => inner.Timeline(number);

    public Task<Page<StoredNumber>> List(NumberQuery query) => inner.List(query);

    public Task<string?> FirstReady(Access access) => inner.FirstReady(access);

    public IAsyncEnumerable<StartedNumber> Started(NumberRange range, CancellationToken cancellationToken)
    {
        sweeps?.Invoke(range);
        return inner.Started(range, cancellationToken);
    }

    public Task<string?> LinkedElsewhere(string number, EngineKind engine, string phone) => inner.LinkedElsewhere(number, engine, phone);

    public Task<IdempotencyRecord?> FindIdempotent(string scope, string key) => inner.FindIdempotent(scope, key);
}
