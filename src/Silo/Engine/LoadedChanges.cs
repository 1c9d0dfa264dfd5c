using System.Collections.Concurrent;
using Loopwave.Engines;

namespace Loopwave.WhatsApp;

/// <summary>
/// Changes of credentials that no frame takes: kept as their parts come, and joined when the batch comes that they belong to. They are stored
/// all or none, so nobody else ever sees a part.
/// </summary>
internal sealed class LoadedChanges
{
    private const int MostParts = 16;

    // A number's host tells one thing of it at a time.
    private readonly ConcurrentDictionary<string, Loaded> _numbers = new();

    /// <summary>The first part begins anew, whatever was loaded of the number before.</summary>
    public void Add(ChangesPart part)
    {
        var before = part.Part == 1 ? new Loaded(part.First, 0, []) : _numbers.GetValueOrDefault(part.Number);
        if (before is null || before.First != part.First || before.Parts + 1 != part.Part || part.Part > MostParts)
        {
            _numbers.TryRemove(part.Number, out _);
            throw Incomplete();
        }

        _numbers[part.Number] = before with { Parts = part.Part, Changes = [.. before.Changes, .. part.Changes] };
    }

    /// <summary>The events of a batch with all that went ahead of it.</summary>
    public IReadOnlyList<EngineEvent> Join(HostDelivery delivery)
    {
        _numbers.TryRemove(delivery.Number, out var loaded);
        if (delivery.Loaded is not { } parts)
        {
            return delivery.Events;
        }

        return loaded is not null && loaded.First == delivery.First && loaded.Parts == parts
            ? [.. delivery.Events.Select(evt => evt is EngineEvent.CredentialsChanged last ? last with { Changes = [.. loaded.Changes, .. last.Changes] } : evt)]
            : throw Incomplete();
    }

    private static InvalidDataException Incomplete() => new("Parts of the changes of credentials are missing.");

    private sealed record Loaded(EngineCursor First, int Parts, IReadOnlyList<CredentialEntry> Changes);
}
