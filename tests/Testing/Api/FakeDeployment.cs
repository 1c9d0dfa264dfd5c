using System.Collections.Concurrent;
using Loopwave.ApiKeys;
using Loopwave.Chats;
using Loopwave.Deployment;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Loopwave.Team;

namespace Loopwave.Testing.Api;

/// <summary>
/// A deployment as the API sees it: what it holds, what was asked of it, and what it answers next. Its grains answer
/// with plain values and keep no rules. Each key of a grain that every silo runs is on a silo of its own.
/// </summary>
public sealed class FakeDeployment
{
    public static readonly DateTimeOffset Noon = new(2026, 6, 29, 12, 0, 0, TimeSpan.Zero);

    public ConcurrentDictionary<string, NumberView> Numbers { get; } = new();

    public ConcurrentDictionary<string, FakeApiKey> Keys { get; } = new();

    /// <summary>Session token to member.</summary>
    public ConcurrentDictionary<string, Member> Sessions { get; } = new();

    public ConcurrentDictionary<string, StoredFile> Files { get; } = new();

    /// <summary>Everything asked of the grains of numbers, messages, chats and media, in order.</summary>
    public ConcurrentQueue<object> Asked { get; } = new();

    /// <summary>Refuses everything from now on, with this.</summary>
    public Refusal? Refusal { get; set; }

    /// <summary>Refuses the next of all that is asked, one with each.</summary>
    public ConcurrentQueue<Refusal> RefusesNext { get; } = new();

    /// <summary>Fails everything from now on, with this.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Fails every question for a session from now on, with this.</summary>
    public Exception? SessionFailure { get; set; }

    public bool Replays { get; set; }

    /// <summary>Who writes in every chat.</summary>
    public Typing? Typing { get; set; }

    public IReadOnlyList<HealthPart> Health { get; set; } = [new("storage", Ready: true, Message: null)];

    public FakeTeam Team => new(this);

    /// <summary>Makes a key and returns its text.</summary>
    public string AddKey(IReadOnlyList<string>? scopes = null, bool test = false, int limit = 1000, IReadOnlyList<string>? numbers = null)
    {
        var (key, text) = ApiKeyText.New(test);
        Keys[key.Id] = new FakeApiKey(key, scopes ?? [ApiScopes.Everything], limit, numbers);
        return text;
    }

    /// <summary>Signs an admin in and returns the token of the session.</summary>
    public string AddSession(Role role = Role.Admin)
    {
        var member = new Member(NewId.Member(), "dana@example.com", "Dana", role);
        var token = "token-" + member.Id;
        Sessions[token] = member;
        return token;
    }

    public NumberView AddNumber(EngineKind engine = EngineKind.Sandbox)
    {
        var number = Samples.Number(engine);
        Numbers[number.Id] = number;
        return number;
    }

    public T LastAsked<T>() => Asked.OfType<T>().Last();

    internal object Grain(Type grain, string key) => grain.Name switch
    {
        nameof(INumbersGrain) => new FakeNumbers(this, key),
        nameof(ISandboxNumbersGrain) => new FakeSandbox(this, key),
        nameof(IMessagesGrain) => new FakeMessages(this, key),
        nameof(IChatsGrain) => new FakeChats(this, key),
        nameof(IMediaGrain) => new FakeMedia(this, key),
        nameof(IApiKeyGrain) => Keys.GetValueOrDefault(key) ?? FakeApiKey.Unknown,
        nameof(IApiKeysGrain) => new FakeApiKeys(this),
        nameof(ITeamGrain) => Team,
        nameof(IHealthGrain) => new FakeHealth(this, key),
        _ => throw new NotSupportedException($"There is no fake {grain.Name}."),
    };

    /// <summary>Notes what was asked, and answers as the test wants it.</summary>
    internal Task<Outcome<T>> Answer<T>(object asked, Func<Outcome<T>> answer)
    {
        Asked.Enqueue(asked);
        if (Failure is not null)
        {
            return Task.FromException<Outcome<T>>(Failure);
        }

        return Task.FromResult((RefusesNext.TryDequeue(out var next) ? next : Refusal) is { } refusal ? refusal : answer());
    }
}
