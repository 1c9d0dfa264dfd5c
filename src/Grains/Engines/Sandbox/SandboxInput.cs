using Loopwave.Messages;

namespace Loopwave.Sandbox;

/// <summary>Says what is wrong with what a caller of the control wants; null when nothing is.</summary>
internal static class SandboxInput
{
    private const int LongestText = 65_536;
    private const int LongestName = 100;
    private const int LongestId = 64;

    public static string? Check(SandboxMessage message) => message switch
    {
        _ when !IsPerson(message.From) => "from must be 5 to 15 digits, or an address such as 12025550100@s.whatsapp.net.",
        { Group: { } group } when !IsGroup(group) => "group must be an address such as 12025550100-1600000000@g.us.",
        { Group: null, GroupName: not null } => "groupName needs a group.",
        { Text.Length: > LongestText } => "text is longer than 65,536 characters.",
        { PushName: { } name } when !IsShort(name) => "pushName must be 1 to 100 characters.",
        { GroupName: { } name } when !IsShort(name) => "groupName must be 1 to 100 characters.",
        { WhatsAppId: { } id } when !IsId(id) => "whatsAppId must be 1 to 64 visible ASCII characters.",
        { ReplyTo: { } id } when !IsId(id) => "replyTo must be 1 to 64 visible ASCII characters.",
        { Mentions.Count: > 1024 } => "mentions holds more than 1,024 addresses.",
        { Location: not null, Type: not MessageType.Location } => "location needs type location.",
        { Location: { Latitude: not (>= -90 and <= 90) } } => "latitude must be from -90 to 90.",
        { Location: { Longitude: not (>= -180 and <= 180) } } => "longitude must be from -180 to 180.",
        { Contacts.Count: > 0, Type: not MessageType.Contact } => "contacts needs type contact.",
        { Contacts.Count: > 100 } => "contacts holds more than 100.",
        { Poll: not null, Type: not MessageType.Poll } => "poll needs type poll.",
        { Poll.Options.Count: < 1 or > 12 } => "a poll has 1 to 12 options.",
        _ => null,
    };

    public static string? Check(SandboxWriter writer) => writer switch
    {
        _ when !IsPerson(writer.From) => "from must be 5 to 15 digits, or an address such as 12025550100@s.whatsapp.net.",
        { Group: { } group } when !IsGroup(group) => "group must be an address such as 12025550100-1600000000@g.us.",
        _ => null,
    };

    public static string? Check(SandboxFaults faults) => faults switch
    {
        { RefuseOpens: { } code } when CheckCode(code) is { } wrong => wrong,
        { RefuseOpens: null, RefuseOpensUntil: not null } => "refuseOpensUntil needs refuseOpens.",
        _ => null,
    };

    public static string? CheckCode(int code) => code is >= 100 and <= 999 ? null : "code must be from 100 to 999.";

    public static string? Check(SandboxTraffic traffic) => traffic switch
    {
        { Chats: < 1 or > 10_000 } => "chats must be from 1 to 10,000.",
        { PerSecond: not (>= 0 and <= 2_000) } => "perSecond must be from 0 to 2,000.",
        { Seconds: < 1 or > 3_600 } => "seconds must be from 1 to 3,600.",
        _ => null,
    };

    public static string? Check(SandboxHistory history) => history switch
    {
        { Chats: < 0 or > 1_000 } => "chats must be from 0 to 1,000.",
        { Messages: < 0 or > 1_000 } => "messages must be from 0 to 1,000.",
        _ => null,
    };

    public static string? Check(SandboxScan scan) => scan switch
    {
        { Phone: not null, PhoneOf: not null } => "Give phone or phoneOf, not both.",
        { Phone: { } phone } when !IsPhone(phone) => "phone must be 5 to 15 digits.",
        _ => null,
    };

    private static bool IsPerson(string address) =>
        IsPhone(address) || SandboxPeople.PhoneOf(address) is not null || IsHidden(address);

    private static bool IsPhone(string text) => text.Length is >= 5 and <= 15 && text[0] != '0' && text.All(char.IsAsciiDigit);

    // A hidden address may also be one that nobody here knows the phone of.
    private static bool IsHidden(string address) =>
        address.EndsWith(SandboxPeople.Lids, StringComparison.Ordinal)
        && address[..^SandboxPeople.Lids.Length] is { Length: >= 5 and <= 20 } user
        && user.All(char.IsAsciiDigit);

    private static bool IsGroup(string address) =>
        address.Length <= LongestId
        && SandboxPeople.IsGroup(address)
        && address[..^SandboxPeople.Groups.Length] is { Length: >= 5 } user
        && user.All(c => char.IsAsciiDigit(c) || c == '-');

    private static bool IsShort(string name) => name.Length is >= 1 and <= LongestName;

    private static bool IsId(string id) => id.Length is >= 1 and <= LongestId && id.All(c => c is > ' ' and <= '~');
}
