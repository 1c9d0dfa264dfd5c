using System.Text.Json.Nodes;
using Loopwave.Api.V1;
using Loopwave.Api.V1.Messages;
using Loopwave.Api.V1.Numbers;
using Loopwave.Api.V1.Sandbox;
using Loopwave.Messages;

namespace Loopwave.Api.OpenApi;

/// <summary>One example of each request, and of the answers that are seen first.</summary>
internal static class Examples
{
    private static readonly Dictionary<Type, string> Texts = new()
    {
        [typeof(NewNumberBody)] = """{ "label": "Support", "engine": "sandbox" }""",
        [typeof(NumberPatchBody)] = """{ "label": "Support", "tags": ["india"] }""",
        [typeof(LinkBody)] = """{ "method": "code", "phone": "919800000001" }""",
        [typeof(DesiredBody)] = """{ "state": "stopped" }""",
        [typeof(HistoryBody)] = """{ "chatId": "919812345678" }""",
        [typeof(SendBody)] = """{ "to": "919812345678", "text": "Hi! Thanks for reaching out." }""",
        [typeof(MediaBody)] = """{ "url": "https://example.com/catalogue.pdf", "type": "document", "fileName": "Catalogue.pdf" }""",
        [typeof(LocationBody)] = """{ "latitude": 12.9716, "longitude": 77.5946, "name": "Bengaluru" }""",
        [typeof(ReactionBody)] = """{ "emoji": "👍" }""",
        [typeof(MessagePatchBody)] = """{ "text": "Hi! Thanks for writing." }""",
        [typeof(SandboxMessageBody)] = """{ "from": "919812345678", "text": "Is this still in stock?" }""",
        [typeof(DisconnectBody)] = """{ "code": 428 }""",
        [typeof(FaultsBody)] = """{ "neverAck": true }""",
        [typeof(ScanBody)] = """{ "phone": "919800000002" }""",
        [typeof(AutoLinkBody)] = """{ "on": false }""",
        [typeof(TrafficBody)] = """{ "chats": 20, "perSecond": 5, "seconds": 60 }""",
        [typeof(OldChatsBody)] = """{ "chats": 10, "messages": 100 }""",
        [typeof(SentMessage)] =
            """{ "status": "sent", "to": "919812345678@s.whatsapp.net", "from": "n1a2b3c4d5e", "id": "m_01j9zk3v8q0000000000000000" }""",
        [typeof(HealthAnswer)] = """{ "ok": true, "version": "1.0.0" }""",
        [typeof(Cause)] = """{ "code": "link_expired", "message": "Nobody scanned the code in time." }""",
    };

    public static JsonNode? Of(Type type) => Texts.TryGetValue(type, out var text) ? JsonNode.Parse(text) : null;
}
