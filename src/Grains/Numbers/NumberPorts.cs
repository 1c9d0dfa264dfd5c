using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Media;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>What a number reads and writes.</summary>
internal sealed record NumberPorts(
    INumberStore Numbers,
    IOwnershipStore Ownership,
    ICredentialStore Credentials,
    IMessageStore Messages,
    IChatStore Chats,
    IContactStore Contacts,
    IMediaStore Media,
    IMediaFiles Files);
