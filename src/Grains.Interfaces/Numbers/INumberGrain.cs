using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Messages;
using Orleans.Concurrency;

namespace Loopwave.Numbers;

/// <summary>
/// One number, keyed by its id (<c>n…</c>): its session with the network, its queue of messages and its way in.
/// Calls interleave. A refusal names its reason; a call on an id that was never created is refused with
/// <see cref="RefusalCode.UnknownNumber"/>.
/// </summary>
[Alias("loopwave.number")]
public interface INumberGrain : IGrainWithStringKey
{
    [Alias("get")]
    Task<Outcome<NumberDetails>> Get();

    /// <summary>
    /// Restores what is wanted of the number, after a restart or whenever in doubt. Doing it twice is harmless. Many are asked at once, and one that is taken over
    /// for it stands in line for storage with all of them.
    /// </summary>
    [Alias("ensure")]
    [ResponseTimeout("00:00:30")]
    Task Ensure();

    /// <summary>Starts a linking attempt, or a new one in place of the one on screen.</summary>
    [Alias("link")]
    Task<Outcome<LinkView>> Link(LinkRequest request);

    [Alias("get-link")]
    Task<Outcome<LinkView>> GetLink();

    [Alias("update")]
    Task<Outcome<NumberView>> Update(NumberUpdate update);

    [Alias("set-desired")]
    Task<Outcome<NumberView>> SetDesired(DesiredState state);

    /// <summary>Connects again now, whatever the number was waiting for.</summary>
    [Alias("reconnect")]
    Task<Outcome<NumberView>> Reconnect();

    /// <summary>Asks the phone for older messages; progress shows on the number.</summary>
    [Alias("sync-history")]
    Task<Outcome<NumberView>> SyncHistory(HistoryRequest request);

    /// <summary>Logs out and wipes the credentials. Chats, messages, media and contacts stay readable.</summary>
    [Alias("unlink")]
    Task<Outcome<NumberView>> Unlink();

    /// <summary>Accepts a message durably. Once this returns a value, the message is never lost and never sent under a second id.</summary>
    [Alias("send")]
    Task<Outcome<SentMessage>> Send(NumberSend send);

    /// <summary>Why <see cref="Send"/> would refuse this message now; null when nothing speaks against it.</summary>
    [Alias("check-send")]
    Task<Refusal?> CheckSend(NumberSend send);

    [Alias("react")]
    Task<Outcome<MessageView>> React(string message, string emoji, MessageAuthor author);

    [Alias("edit")]
    Task<Outcome<MessageView>> Edit(string message, string text, MessageAuthor author);

    /// <summary>Takes a message back on every phone; a message still waiting to be sent is cancelled instead.</summary>
    [Alias("delete")]
    Task<Outcome<MessageView>> Delete(string message, MessageAuthor author);

    [Alias("mark-read")]
    Task<Outcome<ChatView>> MarkRead(string chat);

    /// <summary>Shows the other side of a chat (its id) what we do; see <see cref="IChatsGrain.SetPresence"/>.</summary>
    [Alias("set-presence")]
    Task<Outcome<PresenceState>> SetPresence(string chat, PresenceState state);

    /// <summary>Who writes in a chat (its id) at this moment; null when nobody does, or when that is not known.</summary>
    [Alias("get-typing")]
    Task<Typing?> GetTyping(string chat);

    /// <summary>Fetches a file that was received but not loaded yet. Waits at most one minute.</summary>
    [Alias("fetch-media")]
    [ResponseTimeout("00:01:10")]
    Task<Outcome<MediaView>> FetchMedia(string media);
}

/// <summary>How to link: by QR code, or by an eight-character code made for <paramref name="Phone"/> (digits).</summary>
/// <param name="Replace">A different phone than before may take this number's place.</param>
[GenerateSerializer, Immutable, Alias("loopwave.link-request")]
public sealed record LinkRequest(
    [property: Id(0)] LinkMethod Method,
    [property: Id(1)] string? Phone = null,
    [property: Id(2)] bool Replace = false);

[Alias("loopwave.link-method")]
public enum LinkMethod
{
    Qr,
    Code,
}

/// <summary>What to change on a number; null leaves a field as it is.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.number-update")]
public sealed record NumberUpdate(
    [property: Id(0)] string? Label,
    [property: Id(1)] IReadOnlyList<string>? Tags,
    [property: Id(2)] ProxyUpdate? Proxy = null);

/// <summary>The proxy that a number goes through from now on; a null <paramref name="Url"/> goes directly.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.proxy-update")]
public sealed record ProxyUpdate([property: Id(0)] string? Url)
{
    // It may hold a password.
    public override string ToString() => nameof(ProxyUpdate);
}

/// <summary>Which history to ask for: one chat (its id), or the 50 latest chats when null.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.history-request")]
public sealed record HistoryRequest([property: Id(0)] string? Chat);

/// <summary>
/// The numbers of the deployment: creates and lists them, and passes on what API nodes ask of one of them (its id comes first), so that they
/// reach it by any silo. Any number of copies, no state.
/// </summary>
[Alias("loopwave.numbers")]
public interface INumbersGrain : IWay
{
    [Alias("create")]
    Task<Outcome<NumberView>> Create(NewNumber number);

    /// <summary>Oldest first.</summary>
    [Alias("list"), ReadOnly]
    Task<Outcome<Page<NumberView>>> List(NumberStatus? status, PageRequest page, Access access);

    [Alias("get"), ReadOnly]
    Task<Outcome<NumberDetails>> Get(string id, Access access);

    /// <inheritdoc cref="INumberGrain.Link"/>
    [Alias("link")]
    Task<Outcome<LinkView>> Link(string id, LinkRequest request);

    /// <inheritdoc cref="INumberGrain.GetLink"/>
    [Alias("get-link")]
    Task<Outcome<LinkView>> GetLink(string id);

    /// <inheritdoc cref="INumberGrain.Update"/>
    [Alias("update")]
    Task<Outcome<NumberView>> Update(string id, NumberUpdate update);

    /// <inheritdoc cref="INumberGrain.SetDesired"/>
    [Alias("set-desired")]
    Task<Outcome<NumberView>> SetDesired(string id, DesiredState state);

    /// <inheritdoc cref="INumberGrain.Reconnect"/>
    [Alias("reconnect")]
    Task<Outcome<NumberView>> Reconnect(string id);

    /// <inheritdoc cref="INumberGrain.SyncHistory"/>
    [Alias("sync-history")]
    Task<Outcome<NumberView>> SyncHistory(string id, HistoryRequest request);

    /// <inheritdoc cref="INumberGrain.Unlink"/>
    [Alias("unlink")]
    Task<Outcome<NumberView>> Unlink(string id);
}

/// <summary>A number to create. Sandbox numbers link by themselves.</summary>
/// <param name="Label">1 to 80 characters.</param>
/// <param name="Proxy">What it goes through to the network; only for WhatsApp numbers.</param>
[GenerateSerializer, Immutable, Alias("loopwave.new-number")]
public sealed record NewNumber(
    [property: Id(0)] string Label,
    [property: Id(1)] EngineKind Engine,
    [property: Id(2)] Access Access,
    [property: Id(3)] IdempotencyKey? Idempotency = null,
    [property: Id(4)] ProxyUpdate? Proxy = null);
