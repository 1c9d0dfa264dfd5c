using Loopwave.ApiKeys;
using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Team;

namespace Loopwave.Testing.Api;

/// <summary>One key with a limit that never starts afresh.</summary>
public sealed class FakeApiKey(ApiKeyText key, IReadOnlyList<string> scopes, int limit, IReadOnlyList<string>? numbers) : IApiKeyGrain
{
    private int _used;

    public static FakeApiKey Unknown { get; } = new(new ApiKeyText("", false, ""), [], 0, null) { Enabled = false };

    public bool Enabled { get; set; } = true;

    public int Admitted => _used;

    public Exception? Failure { get; set; }

    public Task<KeyAdmission> Admit(string secretHash, bool testKey)
    {
        if (Failure is not null)
        {
            return Task.FromException<KeyAdmission>(Failure);
        }

        if (!Enabled || secretHash != key.SecretHash || testKey != key.Test)
        {
            return Task.FromResult(new KeyAdmission { Known = false });
        }

        var used = Interlocked.Increment(ref _used);
        return Task.FromResult(new KeyAdmission
        {
            Known = true,
            WithinRate = used <= limit,
            Limit = limit,
            Remaining = Math.Max(0, limit - used),
            ResetAt = FakeDeployment.Noon.AddMinutes(1),
            Scopes = scopes,
            Access = new Access(key.Test, numbers),
            Name = "A key",
        });
    }

    public Task<Outcome<ApiKeyView>> SetEnabled(bool enabled)
    {
        if (ReferenceEquals(this, Unknown))
        {
            return Task.FromResult<Outcome<ApiKeyView>>(new Refusal(RefusalCode.NotFound, "There is no such key."));
        }

        Enabled = enabled;
        return Task.FromResult<Outcome<ApiKeyView>>(View());
    }

    public ApiKeyView View() => new()
    {
        Id = key.Id,
        Name = "A key",
        Hint = ApiKeyText.Hint(key.Id, key.Test, "last"),
        Scopes = scopes,
        Enabled = Enabled,
        CreatedAt = FakeDeployment.Noon,
    };
}

internal sealed class FakeApiKeys(FakeDeployment deployment) : IApiKeysGrain
{
    public Task<Outcome<CreatedApiKey>> Create(NewApiKey key)
    {
        deployment.Asked.Enqueue(key);
        var text = deployment.AddKey(key.Scopes, key.Test);
        ApiKeyText.TryParse(text, out var made);
        return Task.FromResult<Outcome<CreatedApiKey>>(new CreatedApiKey(deployment.Keys[made!.Id].View() with { Name = key.Name }, text));
    }

    public Task<IReadOnlyList<ApiKeyView>> List() =>
        Task.FromResult<IReadOnlyList<ApiKeyView>>([.. deployment.Keys.Values.Select(key => key.View())]);
}

/// <summary>A team of one admin whose password is always the same.</summary>
public sealed class FakeTeam(FakeDeployment deployment) : ITeamGrain
{
    public const string Password = "a quiet river at dawn";
    public const string SetUpToken = "set-up-token";

    public Task<string?> Prepare(string? email, string? password) => Task.FromResult<string?>(SetUpToken);

    public Task<bool> NeedsSetUp() => Task.FromResult(deployment.Sessions.IsEmpty);

    public Task<Outcome<SignIn>> SetUp(string token, string email, string password, string source) => token == SetUpToken
        ? Start(email, source)
        : Task.FromResult<Outcome<SignIn>>(new Refusal(RefusalCode.Forbidden, "This set-up link was used or has expired."));

    public Task<Outcome<SignIn>> SignIn(string email, string password, string source) => password == Password
        ? Start(email, source)
        : Task.FromResult<Outcome<SignIn>>(new Refusal(RefusalCode.Unauthorized, "Email or password is wrong."));

    public Task<Member?> Session(string token) => deployment.SessionFailure is { } failure
        ? Task.FromException<Member?>(failure)
        : Task.FromResult(deployment.Sessions.GetValueOrDefault(token));

    public Task SignOut(string token)
    {
        deployment.Sessions.TryRemove(token, out _);
        return Task.CompletedTask;
    }

    private Task<Outcome<SignIn>> Start(string email, string source)
    {
        deployment.Asked.Enqueue(source);
        if (deployment.Refusal is { } refusal)
        {
            return Task.FromResult<Outcome<SignIn>>(refusal);
        }

        var token = deployment.AddSession();
        deployment.Sessions[token] = deployment.Sessions[token] with { Email = email };
        return Task.FromResult<Outcome<SignIn>>(new SignIn(deployment.Sessions[token], token, FakeDeployment.Noon.AddDays(30)));
    }
}

internal sealed class FakeHealth(FakeDeployment deployment, string silo) : IHealthGrain
{
    public Task<bool> IsOpen() => Task.FromResult(true);

    public Task<WayView> Look() => Task.FromResult(new WayView(true, silo));

    public Task<IReadOnlyList<HealthPart>> Check() => deployment.Failure is { } failure
        ? Task.FromException<IReadOnlyList<HealthPart>>(failure)
        : Task.FromResult(deployment.Health);
}
