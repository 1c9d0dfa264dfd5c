using Loopwave.Api;
using Loopwave.ApiKeys;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Configuration;

public class SectionCheckTests
{
    [Theory]
    [InlineData("Numbers:QueueCapacity", "many", "Numbers:QueueCapacity is \"many\", but it must be a whole number from 1 to 1000000.")]
    [InlineData("Numbers:QueueCapacity", "0", "Numbers:QueueCapacity is \"0\", but it must be a whole number from 1 to 1000000.")]
    [InlineData("Numbers:LongestGap", "5", "Numbers:LongestGap is \"5\", but it must be a time from 00:00:00 to 01:00:00, written as hours:minutes:seconds.")]
    [InlineData("Numbers:AnswerTimeout", "0:0:0", "Numbers:AnswerTimeout is \"0:0:0\", but it must be a time from 00:00:00.010 to 00:10:00, written as hours:minutes:seconds.")]
    [InlineData("Media:CacheBytes", "-1", "Media:CacheBytes is \"-1\", but it must be a whole number of at least 1.")]
    [InlineData("Media:MaxFileBytes", "1 GB", "Media:MaxFileBytes is \"1 GB\", but it must be a whole number from 1 to 2147483648.")]
    [InlineData("Sandbox:Echo", "no", "Sandbox:Echo is \"no\", but it must be true or false.")]
    [InlineData("Sandbox:Seed", "", "Sandbox:Seed is \"\", but it must be 1 to 100 characters long.")]
    [InlineData("Api:RequestsPerMinut", "1", "Api:RequestsPerMinut is not a setting; the section Api takes DrainFor, MaxBodyBytes, MaxConnections, MaxMediaBytes, MaxRequests, RequestsPerMinute.")]
    [InlineData("Media:MaxFileBytes:Extra", "1", "Media:MaxFileBytes:Extra is not a setting; the section Media takes CacheBytes, EvictionPeriod, MaxFileBytes.")]
    public void A_mistake_is_one_sentence_that_names_the_key_the_value_and_what_is_allowed(string key, string value, string sentence) =>
        Assert.Equal([sentence], Mistakes(new() { [key] = value }));

    [Fact]
    public void Every_mistake_is_found_and_what_is_right_is_none() =>
        Assert.Equal(3, Mistakes(new()
        {
            ["Numbers:QueueCapacity"] = "many",
            ["Numbers:ChatsAtHandd"] = "5",
            ["numbers:chatsathand"] = "5",
            ["Sandbox:Echo"] = "False",
            ["Sandbox:EchoDelay"] = "soon",
            ["Sandbox:KeepRecord"] = "7.00:00:00",
            ["Elsewhere:Anything"] = "at all",
        }).Count);

    [Fact]
    public void A_key_of_the_environment_is_named_as_it_is_written_there()
    {
        const string prefix = "SECTION_CHECK_";
        Environment.SetEnvironmentVariable(prefix + "Sandbox__Ecco", "true");
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Sandbox:Other"] = "1" }).AddEnvironmentVariables(prefix).Build();

        var mistakes = SectionCheck.Mistakes(configuration, ConfigurationCheck.Sections);

        Assert.Contains(mistakes, mistake => mistake.StartsWith("Sandbox__Ecco is not a setting; ", StringComparison.Ordinal));
        Assert.Contains(mistakes, mistake => mistake.StartsWith("Sandbox:Other is not a setting; ", StringComparison.Ordinal));
    }

    [Fact]
    public void There_are_words_for_every_setting()
    {
        var sections = ConfigurationCheck.Sections;
        var all = sections.SelectMany(section => section.Options.GetProperties().Select(property => $"{section.Name}:{property.Name}")).ToArray();

        var mistakes = Mistakes(all.ToDictionary(key => key, string? (_) => new string('?', 200)));

        Assert.Equal(all.Order(), mistakes.Select(mistake => mistake.Split(' ')[0]).Order());
    }

    [Fact]
    public void Every_process_knows_the_sections_of_all()
    {
        var services = new ServiceCollection();
        services.AddNumbers();
        services.AddSandboxEngine();
        services.AddApiKeys();
        services.AddLoopwaveApi();
        services.AddClusterTuning();

        Assert.Equal(
            services.BuildServiceProvider().GetServices<SettingsSection>().OrderBy(section => section.Options.Name),
            ConfigurationCheck.Sections.OrderBy(section => section.Options.Name));
    }

    private static IReadOnlyList<string> Mistakes(Dictionary<string, string?> values) =>
        SectionCheck.Mistakes(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), ConfigurationCheck.Sections);
}
