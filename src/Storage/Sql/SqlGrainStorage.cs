using Loopwave.Numbers;
using Orleans.Storage;

namespace Loopwave.Storage.Sql;

/// <summary>
/// State of grains that have no port of their own. The etag is the version: a write that knows another one is refused,
/// so of two activations only one can win.
/// </summary>
internal sealed class SqlGrainStorage(ISqlDatabase database, string service) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await database.Settle($"{grainId} {stateName}");
        var rows = await database.Query(
            new Statement(
                "SELECT version, body FROM grain_state WHERE service = @service AND grain = @grain AND name = @name", Key(stateName, grainId)),
            row => (Version: row.GetInt64(0), Body: row.Text(1)));
        var (version, body) = rows.SingleOrDefault();
        grainState.ETag = rows.Count == 0 ? null : Text(version);
        grainState.RecordExists = body is not null;
        grainState.State = body is null ? Activator.CreateInstance<T>() : StorageJson.Read<StoredState<T>>(body).State;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        // Written down before the first await: the grain may go on and change its state.
        var state = grainState.State ?? throw new InvalidOperationException($"The state {stateName} of {grainId} is null.");
        var body = StorageJson.Write(new StoredState<T>(state));
        await Put(stateName, grainId, grainState, body);
        grainState.RecordExists = true;
    }

    /// <summary>The row stays, empty, so that an activation with an old etag cannot bring the state back.</summary>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Put(stateName, grainId, grainState, null);
        grainState.RecordExists = false;
        grainState.State = Activator.CreateInstance<T>();
    }

    private async Task Put<T>(string stateName, GrainId grainId, IGrainState<T> grainState, string? body)
    {
        var known = grainState.ETag is null ? 0 : long.Parse(grainState.ETag, System.Globalization.CultureInfo.InvariantCulture);
        (string, object?)[] parameters = [.. Key(stateName, grainId), ("@body", body)];
        var put = known == 0
            ? new Statement(
                "INSERT INTO grain_state (service, grain, name, version, body) VALUES (@service, @grain, @name, 1, @body)", parameters)
            : new Statement(
                """
                UPDATE grain_state SET version = version + 1, body = @body
                WHERE service = @service AND grain = @grain AND name = @name AND version = @known
                """,
                [.. parameters, ("@known", known)]);
        var result = await database.Run(new Unit([put.OrElse(CommitResult.Duplicate)], $"{grainId} {stateName}"));
        if (!result.Committed)
        {
            throw new InconsistentStateException($"The state {stateName} of {grainId} was changed by somebody else.", "unknown", grainState.ETag ?? "none");
        }

        grainState.ETag = Text(known + 1);
    }

    private (string, object?)[] Key(string stateName, GrainId grainId) =>
        [("@service", service), ("@grain", grainId.ToString()), ("@name", stateName)];

    private static string Text(long version) => version.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
