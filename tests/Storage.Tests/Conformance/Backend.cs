using Loopwave.ApiKeys;
using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Contacts;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Team;
using Microsoft.Extensions.Time.Testing;
using Orleans.Storage;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>
/// A storage backend with empty data, as the conformance suite sees it. A new backend adds one class like this and, per
/// port, one class that names it.
/// </summary>
public abstract class Backend : IAsyncDisposable
{
    public static DateTimeOffset Start { get; } = new(2026, 6, 29, 10, 15, 0, TimeSpan.Zero);

    private string? _incarnation;

    public abstract StorePorts Ports { get; }

    /// <summary>The product's clock.</summary>
    public FakeTimeProvider Clock { get; } = new(Start);

    public INumberStore Numbers => Ports.Numbers;

    public IOwnershipStore Ownership => Ports.Ownership;

    public IMessageStore Messages => Ports.Messages;

    public IChatStore Chats => Ports.Chats;

    public IContactStore Contacts => Ports.Contacts;

    public IMediaStore Media => Ports.Media;

    public ISentMessages Sent => Ports.Sent;

    public IApiKeyStore ApiKeys => Ports.ApiKeys;

    public ITeamStore Team => Ports.Team;

    public IDeploymentStore Deployment => Ports.Deployment;

    public ISiloStore Silos => Ports.Silos;

    public IGrainStorage GrainStorage => Ports.GrainStorage;

    public IReminderTable Reminders => Ports.Reminders;

    /// <summary>An incarnation with a live lease, the same for all numbers of a test.</summary>
    public async Task<string> Incarnation()
    {
        if (_incarnation is null)
        {
            _incarnation = "silo-" + NewId.Key();
            await Ownership.Register(_incarnation, TimeSpan.FromMinutes(10));
        }

        return _incarnation;
    }

    /// <summary>The outbox events of a number, in order of commit. No port reads them yet.</summary>
    public abstract Task<IReadOnlyList<OutboxEvent>> Outbox(string number);

    /// <summary>Makes the next unit of work fail before its write <paramref name="index"/>, if it has that many.</summary>
    public abstract void FailBeforeWrite(int index);

    /// <summary>Whether the failure asked for has happened.</summary>
    public abstract bool Failed { get; }

    /// <summary>
    /// A unit is one record that is stored first and written to its places afterwards: when that fails it is stored all the same, and
    /// whoever asked does not know. Otherwise nothing is stored of what failed.
    /// </summary>
    public virtual bool KeepsWhatFailed => false;

    /// <summary>
    /// Runs a unit and copies the data as it stands in front of its write <paramref name="index"/>, as if the process
    /// had been cut there; null if the unit has fewer writes.
    /// </summary>
    public abstract Task<Backend?> CutBeforeWrite(int index, Func<Task> unit);

    /// <summary>Moves the time of a lease to long ago, where a test cannot wait for it.</summary>
    public abstract Task ExpireLease(string incarnation);

    /// <summary>As the store removes a lease that ended long ago.</summary>
    public abstract Task RemoveLease(string incarnation);

    public abstract ValueTask DisposeAsync();
}

/// <summary>The failure that a test asked for.</summary>
public sealed class AskedFor() : Exception("The test asked for this failure.");
