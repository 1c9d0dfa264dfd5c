using Loopwave.Chats;
using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Testing.Api;

public sealed record ListedNumbers(NumberStatus? Status, PageRequest Page, Access Access);

public sealed record AskedNumber(string Number, object What);

internal sealed class FakeNumbers(FakeDeployment deployment) : INumbersGrain
{
    public Task<bool> IsOpen() => Task.FromResult(true);

    public Task<Outcome<NumberView>> Create(NewNumber number) => deployment.Answer<NumberView>(number, () =>
    {
        var made = Samples.Number(number.Engine) with { Label = number.Label };
        deployment.Numbers[made.Id] = made;
        return made;
    });

    public Task<Outcome<Page<NumberView>>> List(NumberStatus? status, PageRequest page, Access access) =>
        deployment.Answer<Page<NumberView>>(new ListedNumbers(status, page, access), () => new Page<NumberView>(
            [.. deployment.Numbers.Values.Where(number => access.Allows(number.Id, number.Engine))], NextCursor: "next"));

    public Task<Outcome<NumberDetails>> Get(string id, Access access) => deployment.Answer<NumberDetails>(new AskedNumber(id, access), () =>
        deployment.Numbers.TryGetValue(id, out var number) && access.Allows(number.Id, number.Engine)
            ? new NumberDetails(number, [new NumberTransition(NumberStatus.Ready, null, null, FakeDeployment.Noon)])
            : new Refusal(RefusalCode.UnknownNumber, "There is no such number."));
}

internal sealed class FakeNumber(FakeDeployment deployment, string id) : INumberGrain
{
    public Task<Outcome<NumberDetails>> Get() => Now<NumberDetails>("get", number => new NumberDetails(number, []));

    public Task Ensure() => Task.CompletedTask;

    public Task<Outcome<LinkView>> Link(LinkRequest request) => Now<LinkView>(request, _ => Linking());

    public Task<Outcome<LinkView>> GetLink() => Now<LinkView>("get-link", _ => Linking());

    public Task<Outcome<NumberView>> Update(NumberUpdate update) =>
        Now<NumberView>(update, number => number with { Label = update.Label ?? number.Label, Tags = update.Tags ?? number.Tags });

    public Task<Outcome<NumberView>> SetDesired(DesiredState state) => Now<NumberView>(state, number => number);

    public Task<Outcome<NumberView>> Reconnect() => Now<NumberView>("reconnect", number => number);

    public Task<Outcome<NumberView>> SyncHistory(HistoryRequest request) => Now<NumberView>(request, number => number);

    public Task<Outcome<NumberView>> Unlink() => Now<NumberView>("unlink", number => number with { RemovedAt = FakeDeployment.Noon });

    public Task<Outcome<SentMessage>> Send(NumberSend send) => throw new NotSupportedException("The API sends through IMessagesGrain.");

    public Task<Refusal?> CheckSend(NumberSend send) => throw new NotSupportedException("The API sends through IMessagesGrain.");

    public Task<Outcome<MessageView>> React(string message, string emoji, MessageAuthor author) => throw new NotSupportedException();

    public Task<Outcome<MessageView>> Edit(string message, string text, MessageAuthor author) => throw new NotSupportedException();

    public Task<Outcome<MessageView>> Delete(string message, MessageAuthor author) => throw new NotSupportedException();

    public Task<Outcome<ChatView>> MarkRead(string chat) => throw new NotSupportedException();

    public Task<Outcome<PresenceState>> SetPresence(string chat, PresenceState state) => throw new NotSupportedException();

    public Task<Typing?> GetTyping(string chat) => throw new NotSupportedException();

    public Task<Outcome<MediaView>> FetchMedia(string media) => throw new NotSupportedException();

    private Task<Outcome<T>> Now<T>(object what, Func<NumberView, Outcome<T>> answer) => deployment.Answer(new AskedNumber(id, what), () =>
        deployment.Numbers.TryGetValue(id, out var number)
            ? answer(number)
            : new Refusal(RefusalCode.UnknownNumber, "There is no such number."));

    private static LinkView Linking() => new()
    {
        Status = NumberStatus.LoggedOut,
        Detail = NumberDetail.Linking,
        Qr = "2@abcdef,ghijkl",
        ExpiresAt = FakeDeployment.Noon.AddSeconds(20),
    };
}
