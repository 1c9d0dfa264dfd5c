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
using Orleans.Storage;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>The ports of one backend.</summary>
public sealed record StorePorts
{
    public required INumberStore Numbers { get; init; }

    public required IOwnershipStore Ownership { get; init; }

    public required IMessageStore Messages { get; init; }

    public required IChatStore Chats { get; init; }

    public required IContactStore Contacts { get; init; }

    public required IMediaStore Media { get; init; }

    public required ISentMessages Sent { get; init; }

    public required IApiKeyStore ApiKeys { get; init; }

    public required ITeamStore Team { get; init; }

    public required IDeploymentStore Deployment { get; init; }

    public required ISiloStore Silos { get; init; }

    public required IGrainStorage GrainStorage { get; init; }

    public required IReminderTable Reminders { get; init; }
}
