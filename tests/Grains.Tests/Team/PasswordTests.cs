using Loopwave.Team;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Loopwave.Grains.Tests.Team;

public sealed class PasswordTests
{
    [Theory]
    [InlineData("a quiet river", true)]
    [InlineData("elevenchars", false)]
    [InlineData("Password1234", false)]
    [InlineData("qwertyuiop12", false)]
    [InlineData("Loopwave2026!", false)]
    [InlineData("aaaaaaaaaaaa", false)]
    [InlineData("123456789012", false)]
    [InlineData("correct horse battery staple", false)]
    [InlineData("пароль длинный достаточно", true)]
    public void Short_and_common_passwords_are_refused(string password, bool good) =>
        Assert.Equal(good, PasswordRules.Mistake(password) is null);

    [Fact]
    public void A_password_has_at_most_128_characters()
    {
        var long128 = string.Concat(Enumerable.Range(0, 16).Select(i => $"word{i:x}Xyz"))[..128];

        Assert.Null(PasswordRules.Mistake(long128));
        Assert.NotNull(PasswordRules.Mistake(long128 + "x"));
    }

    [Fact]
    public async Task A_hash_is_argon2id_with_the_parameters_of_owasp_and_a_salt_of_its_own()
    {
        using var hasher = new PasswordHasher();

        var one = await hasher.Hash("a quiet river");
        var two = await hasher.Hash("a quiet river");

        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", one);
        Assert.NotEqual(one, two);
        Assert.True(await hasher.Verify("a quiet river", one));
        Assert.False(await hasher.Verify("a quiet River", one));
        Assert.False(await hasher.Verify("a quiet river", stored: null));
    }

    [Fact]
    public async Task A_hash_made_with_other_parameters_still_opens()
    {
        using var hasher = new PasswordHasher();

        // Made by libsodium with m=8192, t=3.
        var salt = Convert.ToBase64String(new byte[16]).TrimEnd('=');
        var parameters = new NSec.Cryptography.Argon2Parameters { DegreeOfParallelism = 1, MemorySize = 8192, NumberOfPasses = 3 };
        var hash = new NSec.Cryptography.Argon2id(parameters).DeriveBytes("a quiet river"u8.ToArray(), new byte[16], 32);

        Assert.True(await hasher.Verify("a quiet river", $"$argon2id$v=19$m=8192,t=3,p=1${salt}${Convert.ToBase64String(hash).TrimEnd('=')}"));
    }

    [Fact]
    public async Task Two_are_hashed_at_once_sixteen_wait_and_more_are_turned_away()
    {
        using var hasher = new PasswordHasher();

        var results = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => hasher.Verify("a quiet river", null)));

        Assert.Equal(18, results.Count(result => result is false));
        Assert.Equal(12, results.Count(result => result is null));
        Assert.False(await hasher.Verify("a quiet river", null));
    }

    [Theory]
    [InlineData("JWT_SECRET", "short", "JWT_SECRET is too short: it needs at least 32 bytes.")]
    [InlineData("ADMIN_EMAIL", "dana@example.com", "ADMIN_EMAIL and ADMIN_PASSWORD belong together: set both or none.")]
    [InlineData("ADMIN_EMAIL", "nobody", "ADMIN_EMAIL is not an email address.")]
    [InlineData("ADMIN_PASSWORD", "secret", "ADMIN_PASSWORD can't be used: it is shorter than 12 characters.")]
    public void A_mistake_in_the_configuration_stops_the_start_with_a_sentence(string name, string value, string sentence)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(name, value)]).Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddTeam().BuildServiceProvider();

        var fault = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains(sentence, fault.Failures);
        Assert.DoesNotContain(fault.Failures, failure => failure.Contains(value, StringComparison.Ordinal) && value.Length > 6);
    }
}
