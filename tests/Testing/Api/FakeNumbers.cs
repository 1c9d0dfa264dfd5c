using Loopwave.Cluster;
using Loopwave.Numbers;

namespace Loopwave.Testing.Api;

public sealed record ListedNumbers(NumberStatus? Status, PageRequest Page, Access Access);

public sealed record AskedNumber(string Number, object What);

internal sealed class FakeNumbers(FakeDeployment deployment, string silo) : INumbersGrain
{
    public Task<bool> IsOpen() => Task.FromResult(true);

    public Task<WayView> Look() => Task.FromResult(new WayView(true, silo));

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

    public Task<Outcome<LinkView>> Link(string id, LinkRequest request) => Now<LinkView>(id, request, _ => Linking());

    public Task<Outcome<LinkView>> GetLink(string id) => Now<LinkView>(id, "get-link", _ => Linking());

    public Task<Outcome<NumberView>> Update(string id, NumberUpdate update) =>
        Now<NumberView>(id, update, number => number with { Label = update.Label ?? number.Label, Tags = update.Tags ?? number.Tags });

    public Task<Outcome<NumberView>> SetDesired(string id, DesiredState state) => Now<NumberView>(id, state, number => number);

    public Task<Outcome<NumberView>> Reconnect(string id) => Now<NumberView>(id, "reconnect", number => number);

    public Task<Outcome<NumberView>> SyncHistory(string id, HistoryRequest request) => Now<NumberView>(id, request, number => number);

    public Task<Outcome<NumberView>> Unlink(string id) => Now<NumberView>(id, "unlink", number => number with { RemovedAt = FakeDeployment.Noon });

    private Task<Outcome<T>> Now<T>(string id, object what, Func<NumberView, Outcome<T>> answer) => deployment.Answer(new AskedNumber(id, what), () =>
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
