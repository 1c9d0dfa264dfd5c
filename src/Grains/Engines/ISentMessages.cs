namespace Loopwave.Engines;

/// <summary>
/// The bytes of messages that were handed to a network in the last 7 days. A receiver who could not decrypt one asks for it
/// again, and then it must be the same bytes; without them that message is lost to them.
/// </summary>
public interface ISentMessages
{
    /// <summary>The bytes under this network id; null when they are unknown or too old.</summary>
    Task<byte[]?> Find(string number, string whatsAppId);
}

/// <summary>A message as it is handed over, under the network id we gave it.</summary>
public sealed record SentBytes(string Number, string WhatsAppId, byte[] Bytes, DateTimeOffset At);
