using Loopwave.Media;

namespace Loopwave.Messages;

/// <summary>What a request to send must look like. Pure.</summary>
internal static class SendCheck
{
    private const int MostMentions = 1024;
    private static readonly TimeSpan FurthestAhead = TimeSpan.FromDays(366);

    public static Refusal? Refuse(SendRequest request, MediaDocument? file, DateTimeOffset now)
    {
        var text = request.Text?.Trim() ?? "";
        var hasFile = request.Media is not null || request.MediaUrl is not null;
        var problem =
            request.Media is not null && file is null ? "There is no file with this id. Upload it first."
            : text.Length > MessageRules.MostTextCharacters ? $"text may have at most {MessageRules.MostTextCharacters} characters."
            : text.Length == 0 && !hasFile && request.Location is null ? "text needs at least one character."
            : hasFile && request.Location is not null ? "A message has either media or a location."
            : request.Location is { } place && !IsOnEarth(place) ? "latitude is -90 to 90 and longitude -180 to 180."
            : request.MediaType is { } type && !IsFileType(type) ? "media.type is image, video, audio, voice, document or sticker."
            : request.Mentions.Count > MostMentions || request.Mentions.Any(jid => !Jids.IsAddress(jid)) ? $"mentions are at most {MostMentions} jids."
            : request.SendAt is { } at && (at < now - TimeSpan.FromMinutes(1) || at > now + FurthestAhead) ? "sendAt must lie ahead, at most a year."
            : request.ClientMessageId is { } id && id.Length is 0 or > 255 ? "clientMessageId needs 1 to 255 characters."
            : null;
        return problem is null ? null : new Refusal(RefusalCode.InvalidInput, problem);
    }

    public static MessageType TypeOf(SendRequest request, string? mimeType) =>
        request.Location is not null ? MessageType.Location
        : mimeType is null ? MessageType.Text
        : request.MediaType ?? mimeType.Split('/')[0] switch
        {
            "image" => MessageType.Image,
            "video" => MessageType.Video,
            "audio" => MessageType.Audio,
            _ => MessageType.Document,
        };

    private static bool IsOnEarth(Location place) =>
        place.Latitude is >= -90 and <= 90 && place.Longitude is >= -180 and <= 180;

    private static bool IsFileType(MessageType type) => type is MessageType.Image or MessageType.Video or MessageType.Audio
        or MessageType.Voice or MessageType.Document or MessageType.Sticker;
}
