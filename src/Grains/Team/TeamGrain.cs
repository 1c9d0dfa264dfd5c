using Loopwave.Deployment;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace Loopwave.Team;

/// <summary>
/// The team of the deployment. Reentrant, because a password takes long to check and nobody else should wait for it;
/// what reads and then writes rows does so under <see cref="_changing"/>.
/// </summary>
[Reentrant]
internal sealed partial class TeamGrain(
    ITeamStore store,
    IDeploymentStore deployment,
    PasswordHasher hasher,
    IOptions<TeamOptions> options,
    TimeProvider clock,
    ILogger<TeamGrain> logger) : Grain, ITeamGrain
{
    private readonly SemaphoreSlim _changing = new(1);
    private readonly SignInThrottle _accounts = new(clock);
    private readonly SignInThrottle _sources = new(clock);
    private SecretTokens? _tokens;
    private string? _setUp;

    private DateTimeOffset Now => clock.GetUtcNow();

    public Task<string?> Prepare(string? email, string? password) => Alone<string?>(async () =>
    {
        if ((await store.Members()).Count > 0)
        {
            return null;
        }

        if (!string.IsNullOrEmpty(email) && !string.IsNullOrEmpty(password))
        {
            await MakeFirstAdmin(CheckedEmail(email), password);
            return null;
        }

        // Every API node prints it at its start: one that starts now must not make the link of another one useless.
        var tokens = await Tokens();
        if (_setUp is { } shown && SetUpToken.Parse(await deployment.Setting(SetUpToken.Setting)) is { } stored
            && stored.Accepts(tokens.Hash(shown), Now + SetUpToken.StillUseful))
        {
            return shown;
        }

        _setUp = SecretTokens.New();
        await deployment.PutSetting(SetUpToken.Setting, SetUpToken.For(tokens.Hash(_setUp), Now).ToText());
        return _setUp;
    });

    public async Task<bool> NeedsSetUp() => (await store.Members()).Count == 0;

    public async Task<Outcome<SignIn>> SetUp(string token, string email, string password, string source)
    {
        if (Email.Normalise(email) is not { } address)
        {
            return new Refusal(RefusalCode.InvalidInput, "That is not an email address.");
        }

        if (PasswordRules.Mistake(password) is { } mistake)
        {
            return new Refusal(RefusalCode.InvalidInput, $"The password can't be used: {mistake}");
        }

        return await OrUnavailable(() => Alone<Outcome<SignIn>>(async () =>
        {
            var stored = SetUpToken.Parse(await deployment.Setting(SetUpToken.Setting));
            var hash = (await Tokens()).Hash(token);
            if (stored is null || !stored.Accepts(hash, Now) || (await store.Members()).Count > 0)
            {
                LogSetUpRefused(logger, source);
                return new Refusal(RefusalCode.Forbidden, "This set-up link was used or has expired. Restart for a new one.");
            }

            var admin = await MakeFirstAdmin(address, password);
            return admin is null ? TooBusy() : await StartSession(admin, source);
        }));
    }

    public async Task<Outcome<SignIn>> SignIn(string email, string password, string source)
    {
        var account = Email.Normalise(email) ?? "";
        if (Longer(_accounts.Wait(account), _sources.Wait(source)) is { } wait)
        {
            LogThrottled(logger, source, wait);
            return new Refusal(RefusalCode.RateLimited, "Too many failed sign-ins. Wait before the next one.", wait);
        }

        _accounts.Attempt(account);
        _sources.Attempt(source);
        return await OrUnavailable(async () =>
        {
            var member = (await store.Members()).FirstOrDefault(member => member.Email == account);
            return await hasher.Verify(WithinLength(password), member?.PasswordHash) switch
            {
                true => await Succeed(member!, source),
                false => Fail(source, member),
                null => Busy(),
            };
        }, NotMade);

        Outcome<SignIn> Busy()
        {
            NotMade();
            return TooBusy();
        }

        void NotMade()
        {
            _accounts.NotMade(account);
            _sources.NotMade(source);
        }
    }

    public async Task<Member?> Session(string token)
    {
        var hash = (await Tokens()).Hash(token);
        var session = await store.Session(hash);
        if (session is null || session.IsOver(Now))
        {
            return null;
        }

        if (session.Seen(Now) != session)
        {
            await Extend(hash);
        }

        return (await store.Members()).FirstOrDefault(member => member.Id == session.Member)?.ToMember();
    }

    public async Task SignOut(string token)
    {
        var hash = (await Tokens()).Hash(token);
        await Alone(async () =>
        {
            await store.DeleteSession(hash);
            return true;
        });
    }

    private async Task<MemberDocument?> MakeFirstAdmin(string email, string password)
    {
        if (await hasher.Hash(password) is not { } hash)
        {
            return null;
        }

        var admin = new MemberDocument
        {
            Id = NewId.Member(),
            Email = email,
            Name = email[..email.IndexOf('@')],
            Role = Role.Admin,
            PasswordHash = hash,
            CreatedAt = Now,
        };
        await store.Add(admin);

        // After the member: a crash between the two leaves a token that no longer opens anything.
        await deployment.PutSetting(SetUpToken.Setting, SetUpToken.None);
        LogFirstAdmin(logger, admin.Id);
        return admin;
    }

    private async Task<Outcome<SignIn>> Succeed(MemberDocument member, string source)
    {
        _accounts.Succeeded(member.Email);
        _sources.Succeeded(source);
        await store.DeleteExpiredSessions(Now);
        return await StartSession(member, source);
    }

    private Outcome<SignIn> Fail(string source, MemberDocument? member)
    {
        LogSignInFailed(logger, source, member?.Id);
        return new Refusal(RefusalCode.Unauthorized, "Email or password is wrong.");
    }

    private async Task<SignIn> StartSession(MemberDocument member, string source)
    {
        var token = SecretTokens.New();
        var session = new SessionDocument((await Tokens()).Hash(token), member.Id, Now, Now + SessionRules.Idle);
        await store.PutSession(session);
        LogSignedIn(logger, member.Id, source);
        return new SignIn(member.ToMember(), token, session.LastPossibleEnd());
    }

    // Reads again first: whoever signed out meanwhile stays signed out. That a session could not be made longer is no
    // reason to end it.
    private async Task Extend(string hash)
    {
        try
        {
            await Alone(async () =>
            {
                if (await store.Session(hash) is { } session)
                {
                    await store.PutSession(session.Seen(Now));
                }

                return true;
            });
        }
        catch (StorageUnavailableException)
        {
            LogNotExtended(logger);
        }
    }

    private async Task<SecretTokens> Tokens() => _tokens ??= await SecretTokens.Load(options.Value, deployment);

    private async Task<T> Alone<T>(Func<Task<T>> work)
    {
        await _changing.WaitAsync();
        try
        {
            return await work();
        }
        finally
        {
            _changing.Release();
        }
    }

    private static async Task<Outcome<SignIn>> OrUnavailable(
        Func<Task<Outcome<SignIn>>> work, Action? whenUnavailable = null)
    {
        try
        {
            return await work();
        }
        catch (StorageUnavailableException)
        {
            whenUnavailable?.Invoke();
            return new Refusal(RefusalCode.StorageUnavailable, "Signing in doesn't work at the moment: storage is unavailable.");
        }
    }

    private static Refusal TooBusy() =>
        new(RefusalCode.RateLimited, "Too many sign-ins at once. Try again in a moment.", TimeSpan.FromSeconds(2));

    private static TimeSpan? Longer(TimeSpan? a, TimeSpan? b) => a > b || b is null ? a : b;

    // What is too long was never anybody's password; hashing it would only cost.
    private static string WithinLength(string password) => password.Length <= PasswordRules.Longest ? password : "";

    private static string CheckedEmail(string email) =>
        Email.Normalise(email) ?? throw new ArgumentException("ADMIN_EMAIL is not an email address.", nameof(email));
}

internal static class Members
{
    public static Member ToMember(this MemberDocument member) => new(member.Id, member.Email, member.Name, member.Role);
}
