using Loopwave.Chats;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>Two of three silos do not reach each other, and the membership does not know of it yet.</summary>
public sealed class ReachTests : SeveralSilos
{
    private static readonly MessageAuthor Author = new(AuthorType.Api, "key00001", "Test");

    private readonly Network _network = new();
    private readonly Owners _owners = new();

    private string _number = "";
    private string _message = "";
    private string _chat = "";
    private TestSilo _cutOff = null!;
    private TestSilo _third = null!;

    [Fact]
    public async Task What_is_asked_of_a_number_that_a_silo_does_not_reach_is_refused_with_nothing_passed_on_and_the_others_reach_it()
    {
        await NumberBehindACut();
        var passedOn = _network.PassedOn;

        Assert.All(await Task.WhenAll(Requests(_cutOff)), refusal =>
        {
            Assert.True(refusal is { MayWorkElsewhere: true, Code: RefusalCode.StorageUnavailable }, $"{refusal}");
            Assert.Equal(TimeSpan.FromSeconds(2), refusal.RetryAfter);
        });
        Assert.Equal(passedOn, _network.PassedOn);

        Assert.All(await Task.WhenAll(Requests(_third)), refusal => Assert.True(refusal is not { MayWorkElsewhere: true }, $"{refusal}"));
        Assert.True(_network.PassedOn > passedOn);
    }

    [Fact]
    public async Task What_is_only_read_needs_no_way_to_the_number_and_does_not_wait_for_it()
    {
        await NumberBehindACut();
        var passedOn = _network.PassedOn;

        Assert.NotNull((await On<INumbersGrain>(_cutOff).Get(_number, Access.All)).Value);
        Assert.NotNull((await On<IMessagesGrain>(_cutOff).List(_chat, new PageRequest(), Access.All)).Value);
        Assert.NotNull((await On<IChatsGrain>(_cutOff).GetDetails(_chat, null, Access.All)).Value);
        Assert.Equal(passedOn, _network.PassedOn);
    }

    [Fact]
    public async Task A_silo_that_answers_again_is_passed_on_to_at_once_and_nobody_asks_any_more_whose_a_number_is()
    {
        await NumberBehindACut();
        Assert.True((await Relabel(_cutOff)).Refusal!.MayWorkElsewhere);

        _network.IsCut = (_, _) => false;
        await _cluster.LivesUntil(() => Task.FromResult(!Silent(_cutOff).Any));

        var asked = _owners.Asked;
        Assert.NotNull((await Relabel(_cutOff)).Value);
        Assert.Equal(asked, _owners.Asked);
    }

    [Fact]
    public async Task A_silo_that_answers_late_is_heard_when_its_answer_comes()
    {
        await ReadyNumber();
        var home = _homes[_number];
        _network.Late = home.Address;

        await _cluster.LivesUntil(() => Task.FromResult(Silent(_cutOff).Contains(home.Address.ToParsableString())));
        await _cluster.LivesUntil(() => Task.FromResult(!Silent(_cutOff).Any));
    }

    [Fact]
    public async Task Whoever_wants_to_know_of_leases_waits_for_nobody_who_is_late()
    {
        await ReadyNumber();
        _network.Hangs = (from, to) => from.Equals(_cutOff.Address) && to == _homes[_number].Address.ToParsableString();

        var answer = _cutOff.Services.GetRequiredService<OtherSilos>().AnyHoldsLease();
        await _cluster.LivesUntil(() => Task.FromResult(answer.IsCompleted));

        Assert.True(await answer);
    }

    [Fact]
    public async Task While_some_silo_is_silent_numbers_of_the_others_and_those_of_nobody_are_reached()
    {
        await NumberBehindACut();

        // The next number goes where there is none yet.
        var elsewhere = (await _cluster.Numbers.Create(new NewNumber("Other", EngineKind.WhatsApp, Access.All))).Value!.Id;
        await _cluster.Number(elsewhere).Link(new LinkRequest(LinkMethod.Qr));
        await AllReady([elsewhere]);
        Assert.NotEqual(_homes[_number], _homes[elsewhere]);
        Assert.NotNull((await On<INumbersGrain>(_cutOff).Update(elsewhere, new NumberUpdate("Relabelled", null))).Value);

        var nobodys = (await On<INumbersGrain>(_cutOff).Create(new NewNumber("New", EngineKind.WhatsApp, Access.All))).Value!.Id;
        Assert.Null(await Ownership.Owner(nobodys));
        Assert.NotEqual(true, (await On<INumbersGrain>(_cutOff).GetLink(nobodys)).Refusal?.MayWorkElsewhere);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_nobody_can_say_whose_a_number_is_it_is_passed_on(bool hangs)
    {
        await NumberBehindACut();
        _owners.Answer = hangs ? new TaskCompletionSource<string?>().Task : Task.FromException<string?>(new StorageUnavailableException("Away, says the test."));

        var answer = Relabel(_cutOff);
        await _cluster.LivesUntil(() => Task.FromResult(answer.IsCompleted));

        Assert.NotNull((await answer).Value);
    }

    [Fact]
    public async Task What_waits_for_a_silo_that_falls_silent_is_told_so_at_once_and_what_waits_for_others_goes_on_waiting()
    {
        await ReadyNumber();
        var nobodys = (await On<INumbersGrain>(_cutOff).Create(new NewNumber("New", EngineKind.WhatsApp, Access.All))).Value!.Id;
        _network.Held = new TaskCompletionSource();
        var (lost, other) = (Relabel(_cutOff), On<INumbersGrain>(_cutOff).Update(nobodys, new NumberUpdate("Relabelled", null)));

        try
        {
            await CutOff();

            var told = await Assert.ThrowsAsync<TimeoutException>(() => lost.WaitAsync(TimeSpan.FromSeconds(5)));
            Assert.Contains("does not answer any more", told.Message, StringComparison.Ordinal);
            Assert.False(other.IsCompleted);
        }
        finally
        {
            _network.Held.SetResult();
        }

        Assert.NotNull((await other).Value);
    }

    private protected override void Configure(IServiceCollection services)
    {
        services.AddSingleton<IOutgoingGrainCallFilter>(provider => new Cut(_network, provider.GetRequiredService<ILocalSiloDetails>()));
        services.AddSingleton<IIncomingGrainCallFilter>(provider => new Lateness(_network, provider.GetRequiredService<ILocalSiloDetails>()));
        var store = services.Single(service => service.ServiceType == typeof(IOwnershipStore)).ImplementationType!;
        services.Replace(ServiceDescriptor.Singleton<IOwnershipStore>(
            provider => new WatchedOwners((IOwnershipStore)ActivatorUtilities.CreateInstance(provider, store), _owners)));
    }

    // A ready number with one message, which another silo does not reach, and knows that.
    private async Task NumberBehindACut()
    {
        await ReadyNumber();
        await CutOff();
    }

    private async Task ReadyNumber()
    {
        _number = (await _cluster.Numbers.Create(new NewNumber("Support", EngineKind.WhatsApp, Access.All))).Value!.Id;
        await _cluster.Number(_number).Link(new LinkRequest(LinkMethod.Qr));
        await AllReady([_number]);
        var home = _homes[_number];
        await home.Engine.Raise(_number, new EngineEvent.MessageReceived(Any.Inbound("hello", _cluster.Clock.GetUtcNow())));
        _chat = Assert.Single(await _cluster.ChatsOf(_number)).Id;
        _message = Assert.Single(await _cluster.MessagesOf(_chat)).Id;
        var others = _cluster.Silos.Where(silo => silo != home).ToList();
        (_cutOff, _third) = (others[0], others[1]);
    }

    private async Task CutOff()
    {
        var home = _homes[_number];
        _network.IsCut = (from, to) => from.Equals(_cutOff.Address) && to == home.Address.ToParsableString();
        await _cluster.LivesUntil(() => Task.FromResult(Silent(_cutOff).Contains(home.Address.ToParsableString())));
        Assert.False(Silent(_cutOff).Contains(_third.Address.ToParsableString()));
        Assert.False(Silent(_third).Any);
    }

    // One of everything that is passed on to numbers.
    private IEnumerable<Task<Refusal?>> Requests(TestSilo silo)
    {
        var (messages, chats, numbers) = (On<IMessagesGrain>(silo), On<IChatsGrain>(silo), On<INumbersGrain>(silo));
        var (sandbox, page) = (On<ISandboxNumbersGrain>(silo), new PageRequest());
        yield return Refused(messages.Send(Any.Send("out", from: _number)));
        yield return Refused(messages.FetchAndSend(Any.Send("", from: _number) with { MediaUrl = "http://127.0.0.1/a.png" }));
        yield return Refused(messages.React(_message, "👍", Author, Access.All));
        yield return Refused(messages.Edit(_message, "other", Author, Access.All));
        yield return Refused(messages.Delete(_message, Author, Access.All));
        yield return Refused(chats.SetPresence(_chat, PresenceState.Composing, Access.All));
        yield return Refused(chats.MarkRead(_chat, Access.All));
        yield return Refused(numbers.Link(_number, new LinkRequest(LinkMethod.Qr)));
        yield return Refused(numbers.GetLink(_number));
        yield return Refused(Relabel(silo));
        yield return Refused(numbers.SetDesired(_number, DesiredState.Started));
        yield return Refused(numbers.Reconnect(_number));
        yield return Refused(numbers.SyncHistory(_number, new HistoryRequest(null)));
        yield return Refused(sandbox.Get(_number));
        yield return Refused(sandbox.Inject(_number, new SandboxMessage { From = "919812345678", Text = "in" }));
        yield return Refused(sandbox.Sent(_number, null, page));
        yield return Refused(OpenFile(silo));
    }

    private async Task<Outcome<StoredFile>> OpenFile(TestSilo silo)
    {
        var now = _cluster.Clock.GetUtcNow();
        var file = new MediaDocument
        {
            Id = NewId.Media(), Number = _number, Message = _message, MimeType = "image/png", State = MediaState.Failed, UsedAt = now, CreatedAt = now,
        };
        await _cluster.Services.GetRequiredService<IMediaStore>().Put(file);
        return await On<IMediaGrain>(silo).Open(file.Id, Access.All);
    }

    private Task<Outcome<NumberView>> Relabel(TestSilo silo) => On<INumbersGrain>(silo).Update(_number, new NumberUpdate("Relabelled", null));

    private static async Task<Refusal?> Refused<T>(Task<Outcome<T>> answer) => (await answer).Refusal;

    private static SilentSilos Silent(TestSilo silo) => silo.Services.GetRequiredService<SilentSilos>();

    // The one that the silo itself runs.
    private static T On<T>(TestSilo silo)
        where T : IWay => silo.Services.GetRequiredService<IGrainFactory>().GetGrain<T>(0);

    private sealed class Network
    {
        private int _passedOn;

        /// <summary>Whether questions from one silo are not answered by another one, by its name.</summary>
        public Func<SiloAddress, string, bool> IsCut { get; set; } = (_, _) => false;

        /// <summary>Whether questions from one silo to another one, by its name, are under way for ever.</summary>
        public Func<SiloAddress, string, bool> Hangs { get; set; } = (_, _) => false;

        /// <summary>Answers each question some seconds after it was put.</summary>
        public SiloAddress? Late { get; set; }

        /// <summary>How many calls were passed on to numbers.</summary>
        public int PassedOn => Volatile.Read(ref _passedOn);

        /// <summary>Calls that are passed on wait for this.</summary>
        public TaskCompletionSource? Held { get; set; }

        public async Task PassOn(IOutgoingGrainCallContext call)
        {
            Interlocked.Increment(ref _passedOn);
            if (Held is { } held)
            {
                await held.Task;
            }

            await call.Invoke();
        }
    }

    private sealed class Cut(Network network, ILocalSiloDetails self) : IOutgoingGrainCallFilter
    {
        public Task Invoke(IOutgoingGrainCallContext call)
        {
            if (call.MethodName is nameof(ISiloProbe.HoldsLease))
            {
                RequestContext.Set(nameof(Lateness), TimeProvider.System.GetTimestamp());
                var to = call.TargetId.Key.ToString()!;
                if (network.IsCut(self.SiloAddress, to))
                {
                    throw new TimeoutException("Cut, says the test.");
                }

                if (network.Hangs(self.SiloAddress, to))
                {
                    return new TaskCompletionSource().Task;
                }
            }

            return IsPassedOn(call) ? network.PassOn(call) : call.Invoke();
        }

        private static bool IsPassedOn(IOutgoingGrainCallContext call) =>
            call.SourceContext?.GrainInstance is WayGrain && call.InterfaceMethod.DeclaringType is { } grain && (grain == typeof(INumberGrain) || grain == typeof(ISandboxGrain));
    }

    // Counted from when a question was put: those that wait for one another are no later than the first.
    private sealed class Lateness(Network network, ILocalSiloDetails self) : IIncomingGrainCallFilter
    {
        private static readonly TimeSpan By = TimeSpan.FromSeconds(4.5);

        public async Task Invoke(IIncomingGrainCallContext call)
        {
            if (RequestContext.Get(nameof(Lateness)) is long asked && self.SiloAddress.Equals(network.Late))
            {
                var left = By - TimeProvider.System.GetElapsedTime(asked);
                await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System);
            }

            await call.Invoke();
        }
    }

    private sealed class Owners
    {
        private int _asked;

        /// <summary>What is said of every number; null for what is so.</summary>
        public Task<string?>? Answer { get; set; }

        public int Asked => Volatile.Read(ref _asked);

        public void Ask() => Interlocked.Increment(ref _asked);
    }

    private sealed class WatchedOwners(IOwnershipStore inner, Owners owners) : IOwnershipStore
    {
        public Task Register(string incarnation, TimeSpan timeToLive) => inner.Register(incarnation, timeToLive);

        public Task<bool> Renew(string incarnation, TimeSpan timeToLive) => inner.Renew(incarnation, timeToLive);

        public Task<bool> Revoke(string silo) => inner.Revoke(silo);

        public Task<int> Owned(string silo) => inner.Owned(silo);

        public Task<long?> Claim(string number, string incarnation) => inner.Claim(number, incarnation);

        public Task<string?> Owner(string number)
        {
            owners.Ask();
            return owners.Answer ?? inner.Owner(number);
        }

        public Task Release(string number, long epoch) => inner.Release(number, epoch);
    }
}
