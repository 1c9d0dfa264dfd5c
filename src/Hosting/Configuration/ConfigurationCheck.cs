using Loopwave.ApiKeys;
using Loopwave.Cluster;
using Loopwave.Media;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Loopwave.Configuration;

/// <summary>Says everything that is wrong with the configuration at once, before anything has started.</summary>
public static class ConfigurationCheck
{
    /// <summary>
    /// The sections that some process reads: all processes of a cluster can be given the same configuration, and each finds what
    /// is misspelt in it.
    /// </summary>
    internal static readonly IReadOnlyList<SettingsSection> Sections =
    [
        new(ApiOptions.Section, typeof(ApiOptions)),
        new(ApiKeyOptions.Section, typeof(ApiKeyOptions)),
        new(ClusterTuningOptions.Section, typeof(ClusterTuningOptions)),
        new("Numbers", typeof(NumberOptions)),
        new("Lease", typeof(LeaseOptions)),
        new("Media", typeof(MediaOptions)),
        new("Sandbox", typeof(SandboxOptions)),
    ];

    /// <param name="mistakes">What <see cref="SettingsReader"/> found; the features' own options are added here.</param>
    /// <exception cref="ConfigurationMistakesException">There is a mistake.</exception>
    public static void Check(this IServiceProvider services, IReadOnlyList<string> mistakes)
    {
        var inSections = SectionCheck.Mistakes(services.GetRequiredService<IConfiguration>(), Sections);
        string[] all = [.. mistakes, .. inSections, .. MistakesInOptions(services, inSections.Count > 0)];
        if (all.Length > 0)
        {
            throw new ConfigurationMistakesException(all);
        }
    }

    private static IEnumerable<string> MistakesInOptions(IServiceProvider services, bool sectionsHaveMistakes)
    {
        try
        {
            services.GetService<IStartupValidator>()?.Validate();
            return [];
        }
        catch (OptionsValidationException one)
        {
            return one.Failures.Where(IsOurs);
        }
        catch (AggregateException several) when (several.InnerExceptions.All(fault => fault is OptionsValidationException))
        {
            return several.InnerExceptions.Cast<OptionsValidationException>().SelectMany(one => one.Failures).Where(IsOurs);
        }
        catch (InvalidOperationException) when (sectionsHaveMistakes)
        {
            // A value of the wrong kind, such as a word where a number belongs: said by its key already.
            return [];
        }
    }

    // What an attribute finds in a section is said by its key already; the framework's sentence names a class of ours.
    private static bool IsOurs(string failure) => !failure.StartsWith("DataAnnotation validation failed", StringComparison.Ordinal);
}

/// <summary>The configuration cannot be used. Each mistake is one sentence that names the key and what it expects.</summary>
public sealed class ConfigurationMistakesException(IReadOnlyList<string> mistakes)
    : Exception(string.Join(Environment.NewLine, mistakes))
{
    public IReadOnlyList<string> Mistakes { get; } = mistakes;
}
