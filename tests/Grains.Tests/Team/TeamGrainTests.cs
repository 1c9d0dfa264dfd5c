using Loopwave.Team;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Grains.Tests.Team;

public sealed class TeamGrainTests : IAsyncLifetime
{
    private const string Password = "a quiet river";
    private const string Source = "203.0.113.7";
    private LoopwaveCluster _cluster = null!;

    private ITeamGrain Team => _cluster.Grains.GetGrain<ITeamGrain>(0);

    private ITeamStore Stored => _cluster.Services.GetRequiredService<ITeamStore>();

    public async ValueTask InitializeAsync() => _cluster = await LoopwaveCluster.Start(services => services.AddTeam());

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task The_set_up_token_makes_one_admin_and_opens_nothing_afterwards()
    {
        var old = await Team.Prepare(null, null);
        await _cluster.Deactivate(Team);
        var token = await Team.Prepare(null, null);
        Assert.NotEqual(old, token);
        Assert.True(await Team.NeedsSetUp());

        Assert.Equal(RefusalCode.Forbidden, (await Team.SetUp(old!, "dana@example.com", Password, Source)).Refusal!.Code);
        Assert.Equal(RefusalCode.InvalidInput, (await Team.SetUp(token!, "nobody", Password, Source)).Refusal!.Code);
        Assert.Equal(RefusalCode.InvalidInput, (await Team.SetUp(token!, "dana@example.com", "short", Source)).Refusal!.Code);
        var attempts = await Task.WhenAll(
            Enumerable.Range(0, 5).Select(i => Team.SetUp(token!, $"admin{i}@Example.com", Password, Source)));

        var signIn = Assert.Single(attempts, attempt => attempt.Value is not null).Value!;
        Assert.All(attempts.Where(attempt => attempt.Value is null), attempt => Assert.Equal(RefusalCode.Forbidden, attempt.Refusal!.Code));
        Assert.Equal(Role.Admin, signIn.Member.Role);
        Assert.EndsWith("@example.com", signIn.Member.Email);
        Assert.Equal(signIn.Member, await Team.Session(signIn.Token));
        Assert.False(await Team.NeedsSetUp());
        Assert.Null(await Team.Prepare(null, null));
        Assert.Single(await Stored.Members());
    }

    [Fact]
    public async Task All_nodes_that_start_within_half_a_day_show_the_same_set_up_token_and_a_later_one_shows_its_own()
    {
        var first = await Team.Prepare(null, null);
        _cluster.Clock.Advance(TimeSpan.FromHours(11));
        Assert.Equal(first, await Team.Prepare(null, null));
        _cluster.Clock.Advance(TimeSpan.FromHours(2));
        var later = await Team.Prepare(null, null);
        Assert.NotEqual(first, later);

        Assert.Equal(RefusalCode.Forbidden, (await Team.SetUp(first!, "dana@example.com", Password, Source)).Refusal!.Code);
        Assert.NotNull((await Team.SetUp(later!, "dana@example.com", Password, Source)).Value);
    }

    [Fact]
    public async Task The_set_up_token_is_good_for_a_day()
    {
        var token = await Team.Prepare(null, null);
        _cluster.Clock.Advance(TimeSpan.FromHours(24));

        Assert.Equal(RefusalCode.Forbidden, (await Team.SetUp(token!, "dana@example.com", Password, Source)).Refusal!.Code);
    }

    [Fact]
    public async Task The_configured_admin_is_made_at_the_first_start_only()
    {
        Assert.Null(await Team.Prepare("Dana@Example.com", Password));
        Assert.Null(await Team.Prepare("eve@example.com", "another river, wider"));

        var member = Assert.Single(await Stored.Members());
        Assert.Equal(("dana@example.com", "dana", Role.Admin), (member.Email, member.Name, member.Role));
        Assert.StartsWith("$argon2id$", member.PasswordHash);
        Assert.NotNull((await Team.SignIn(" DANA@example.com ", Password, Source)).Value);
    }

    [Fact]
    public async Task A_wrong_account_and_a_wrong_password_are_told_apart_by_nobody()
    {
        await Team.Prepare("dana@example.com", Password);

        var refusals = new[]
        {
            (await Team.SignIn("dana@example.com", "wrong", Source)).Refusal, (await Team.SignIn("eve@example.com", Password, Source)).Refusal,
            (await Team.SignIn("dana@example.com", new string('x', 200), Source)).Refusal, (await Team.SignIn("", "", Source)).Refusal,
        };

        Assert.Equal(new Refusal(RefusalCode.Unauthorized, "Email or password is wrong."), Assert.Single(refusals.Distinct()));
    }

    [Fact]
    public async Task Guessing_is_slowed_down_by_account_and_by_source_and_a_session_goes_on()
    {
        await Team.Prepare("dana@example.com", Password);
        var session = (await Team.SignIn("dana@example.com", Password, "office")).Value!;
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(RefusalCode.Unauthorized, (await Team.SignIn("dana@example.com", "wrong", Source)).Refusal!.Code);
        }

        var sameAccount = (await Team.SignIn("dana@example.com", Password, "elsewhere")).Refusal!;
        var sameSource = (await Team.SignIn("eve@example.com", Password, Source)).Refusal!;

        Assert.Equal((RefusalCode.RateLimited, TimeSpan.FromSeconds(1)), (sameAccount.Code, sameAccount.RetryAfter));
        Assert.Equal(RefusalCode.RateLimited, sameSource.Code);
        Assert.NotNull(await Team.Session(session.Token));
        _cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull((await Team.SignIn("dana@example.com", Password, Source)).Value);
    }

    [Fact]
    public async Task Many_guesses_at_once_are_not_all_free()
    {
        await Team.Prepare("dana@example.com", Password);

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Team.SignIn("dana@example.com", "wrong", "source" + i)));

        Assert.Equal(5, answers.Count(answer => answer.Refusal!.Code is RefusalCode.Unauthorized));
        Assert.Equal(7, answers.Count(answer => answer.Refusal!.Code is RefusalCode.RateLimited));
    }

    [Fact]
    public async Task A_session_lasts_twelve_hours_after_it_was_last_seen()
    {
        await Team.Prepare("dana@example.com", Password);
        var token = (await Team.SignIn("dana@example.com", Password, Source)).Value!.Token;

        _cluster.Clock.Advance(TimeSpan.FromHours(11));
        Assert.NotNull(await Team.Session(token));
        _cluster.Clock.Advance(TimeSpan.FromHours(11));
        Assert.NotNull(await Team.Session(token));
        _cluster.Clock.Advance(TimeSpan.FromHours(12));

        Assert.Null(await Team.Session(token));
    }

    [Fact]
    public async Task A_session_lasts_thirty_days_at_most()
    {
        await Team.Prepare("dana@example.com", Password);
        var session = (await Team.SignIn("dana@example.com", Password, Source)).Value!;
        Assert.Equal(_cluster.Clock.GetUtcNow().AddDays(30), session.ExpiresAt);

        for (var hours = 0; hours < 30 * 24 - 10; hours += 10)
        {
            Assert.NotNull(await Team.Session(session.Token));
            _cluster.Clock.Advance(TimeSpan.FromHours(10));
        }

        _cluster.Clock.Advance(TimeSpan.FromHours(10));
        Assert.Null(await Team.Session(session.Token));
    }

    [Fact]
    public async Task Signing_out_ends_the_session_for_good_and_no_other()
    {
        await Team.Prepare("dana@example.com", Password);
        var here = (await Team.SignIn("dana@example.com", Password, Source)).Value!.Token;
        var there = (await Team.SignIn("dana@example.com", Password, Source)).Value!.Token;
        _cluster.Clock.Advance(TimeSpan.FromHours(1));

        await Task.WhenAll(Team.Session(here), Team.SignOut(here), Team.Session(here));

        Assert.Null(await Team.Session(here));
        Assert.NotNull(await Team.Session(there));
        Assert.Null(await Team.Session("made up"));
    }

    [Fact]
    public async Task Sessions_survive_a_restart_and_end_when_the_secret_changes()
    {
        await Team.Prepare("dana@example.com", Password);
        var token = (await Team.SignIn("dana@example.com", Password, Source)).Value!.Token;

        _cluster = await _cluster.Restart(services => services.AddTeam());
        Assert.NotNull(await Team.Session(token));
        _cluster = await _cluster.Restart(services => services.AddTeam().Configure<TeamOptions>(team => team.Secret = new string('s', 32)));

        Assert.Null(await Team.Session(token));
    }
}
