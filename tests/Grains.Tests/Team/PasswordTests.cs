using System.Collections.Concurrent;
using Loopwave.Team;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Loopwave.Grains.Tests.Team;

public sealed class PasswordTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

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
        using var queue = new HashingQueue();
        using var goOn = new ManualResetEventSlim();
        using var begun = new SemaphoreSlim(0);
        var counts = new ConcurrentBag<int>();
        var running = 0;

        // A hash that takes as long as the test wants: how fast this machine is decides nothing.
        var results = Enumerable.Range(0, 30).Select(_ => queue.Run<bool?>(null, () =>
        {
            counts.Add(Interlocked.Increment(ref running));
            begun.Release();
            goOn.Wait();
            Interlocked.Decrement(ref running);
            return false;
        })).ToList();

        Assert.Equal(12, results.Count(result => result.IsCompleted));
        Assert.All(await Task.WhenAll(results.Where(result => result.IsCompleted)), Assert.Null);
        Assert.True(await begun.WaitAsync(Patience) && await begun.WaitAsync(Patience));
        goOn.Set();
        Assert.Equal(18, (await Task.WhenAll(results).WaitAsync(Patience)).Count(result => result is false));
        Assert.Equal(2, counts.Max());
        Assert.False(await queue.Run<bool?>(null, () => false));
    }

    [Fact]
    public async Task A_hash_that_fails_makes_room_for_the_next()
    {
        using var queue = new HashingQueue();
        for (var i = 0; i < 30; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => queue.Run<bool?>(null, () => throw new InvalidOperationException()));
        }

        Assert.False(await queue.Run<bool?>(null, () => false));
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
