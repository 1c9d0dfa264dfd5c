using System.Text.Json.Nodes;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>A message as it is stored, or as it must be at the end.</summary>
/// <param name="Label">The text that it has by now; a place, a name or a question has one too. Null when it was taken back.</param>
/// <param name="Author">The phone of the person who wrote it; null is the number.</param>
/// <param name="Answers">The label of the message that it answers, as it was at first.</param>
/// <param name="Trouble">What nothing of this is to be: a status that is no good end, an error.</param>
internal sealed record CrashView(
    string? Label, string Type, string? Author, string? Answers, string Reactions, bool IsEdited, bool IsDeleted, string? Trouble)
{
    public static CrashView Expected(CrashNote note) => new(
        note.IsDeleted ? null : note.NewText ?? note.Label, note.Type, note.Author, note.Answers?.Label, note.Reaction ?? "",
        note.NewText is not null, note.IsDeleted, null);

    /// <param name="message">As the API answers.</param>
    /// <param name="labels">The labels of the messages of the chat by their ids.</param>
    /// <param name="phoneOf">The phone of whoever has an address; null is nobody's.</param>
    public static CrashView Stored(JsonNode message, IReadOnlyDictionary<string, string> labels, Func<string, string?> phoneOf)
    {
        var isOurs = message["fromMe"]!.GetValue<bool>();
        var status = Deployment.Text(message["status"]);
        var isSettled = message["error"] is null && (isOurs ? status is "sent" or "delivered" or "read" : status is "received");
        return new(
            LabelOf(message),
            Deployment.Text(message["type"]),
            isOurs ? null : phoneOf(Deployment.Text(message["author"]!["jid"] ?? message["chatId"])),
            message["replyTo"] is { } replyTo ? labels.GetValueOrDefault(Deployment.Text(replyTo), "unknown") : null,
            string.Join(", ", message["reactions"]!.AsArray().Select(reaction => Reacted(
                Deployment.Text(reaction!["emoji"]),
                reaction["fromMe"]!.GetValue<bool>() ? null : phoneOf(Deployment.Text(reaction["jid"])) ?? "unknown"))),
            message["editedAt"] is not null,
            message["deletedAt"] is not null,
            isSettled ? null : $"{status} {message["error"]?.ToJsonString()}");
    }

    /// <param name="phone">Of whom it is; null is the number.</param>
    public static string Reacted(string emoji, string? phone) => $"{emoji} of {phone ?? "the number"}";

    public static string? LabelOf(JsonNode message) => Deployment.Text(
        message["text"] ?? message["location"]?["name"] ?? message["contacts"]?.AsArray().FirstOrDefault()?["name"] ?? message["poll"]?["question"]) is { Length: > 0 } label
        ? label
        : null;
}
