using System.Text.Json.Nodes;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What a number said, as it is in the inbox of a phone.</summary>
internal sealed record CrashHeard(string Id, string Words);

/// <summary>Words for what a number can say, the same for what was accepted and for what is in the inbox of a phone.</summary>
internal static class CrashWords
{
    public static string Reaction(string emoji, string label) => $"{emoji} for '{label}'";

    public static string Edit(string text, string label) => $"'{text}' instead of '{label}'";

    public static string Deletion(string label) => $"no more '{label}'";

    /// <summary>What a phone got from one other in one chat, in the order in which it got it.</summary>
    /// <param name="labels">The labels of what others said in the chat, by the network's id.</param>
    public static IReadOnlyList<CrashHeard> Of(IEnumerable<JsonNode> inbox, IReadOnlyDictionary<string, string> labels)
    {
        var entries = inbox.Select(entry => (Id: Deployment.Text(entry["id"]), Message: entry["message"]!.AsObject(), Text: Deployment.Text(entry["text"]))).ToList();
        var own = entries.Where(entry => Change(entry.Message) is null).DistinctBy(entry => entry.Id)
            .ToDictionary(entry => entry.Id, entry => Label(entry.Message, entry.Text));
        return [.. entries.Select(entry => new CrashHeard(entry.Id, Words(entry.Message, entry.Text)))];

        string Words(JsonObject message, string text) => Change(message) switch
        {
            null => Label(message, text),
            var change when message["reactionMessage"] is not null => Reaction(text, Target(change)),
            var change => Deployment.Text(change["type"]) switch
            {
                "MESSAGE_EDIT" => Edit(text, Target(change)),
                "REVOKE" => Deletion(Target(change)),
                var other => $"{other} of '{Target(change)}'",
            },
        };

        string Target(JsonNode change) =>
            Deployment.Text(change["key"]?["id"]) is var id && own.TryGetValue(id, out var label) ? label : labels.GetValueOrDefault(id, $"unknown {id}");
    }

    /// <summary>Who an address is of, whichever device.</summary>
    public static string User(string jid) => jid.Split('@')[0].Split(':')[0];

    private static JsonNode? Change(JsonObject message) => message["reactionMessage"] ?? message["protocolMessage"];

    private static string Label(JsonObject message, string text) =>
        text.Length > 0 ? text : Deployment.Text(message["locationMessage"]?["name"]) is { Length: > 0 } place ? place : message.ToJsonString();
}
