using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Loopwave.Configuration;

/// <summary>Says everything that is wrong with the configuration at once, before anything has started.</summary>
public static partial class ConfigurationCheck
{
    /// <param name="mistakes">What <see cref="SettingsReader"/> found; the features' own options are added here.</param>
    /// <exception cref="ConfigurationMistakesException">There is a mistake.</exception>
    public static void Check(this IServiceProvider services, IReadOnlyList<string> mistakes)
    {
        string[] all = [.. mistakes, .. MistakesInOptions(services)];
        if (all.Length > 0)
        {
            throw new ConfigurationMistakesException(all);
        }
    }

    private static IEnumerable<string> MistakesInOptions(IServiceProvider services)
    {
        try
        {
            services.GetService<IStartupValidator>()?.Validate();
            return [];
        }
        catch (OptionsValidationException one)
        {
            return one.Failures.Select(Sentence);
        }
        catch (AggregateException several)
        {
            return several.InnerExceptions.SelectMany(
                fault => fault is OptionsValidationException one ? one.Failures.Select(Sentence) : [fault.Message]);
        }
        catch (InvalidOperationException unreadable)
        {
            // A value of the wrong kind, such as a word where a number belongs; the message names its key.
            return [unreadable.Message];
        }
    }

    // Attributes say a sentence about a field; the framework wraps it in words about itself.
    private static string Sentence(string failure) =>
        Wrapped().Match(failure) is { Success: true } match ? $"{match.Groups["field"]}: {match.Groups["sentence"]}" : failure;

    [GeneratedRegex(@"^DataAnnotation validation failed for '\w+' members: '(?<field>[^']+)' with the error: '(?<sentence>.+)'\.$")]
    private static partial Regex Wrapped();
}

/// <summary>The configuration cannot be used. Each mistake is one sentence that names the key and what it expects.</summary>
public sealed class ConfigurationMistakesException(IReadOnlyList<string> mistakes)
    : Exception(string.Join(Environment.NewLine, mistakes))
{
    public IReadOnlyList<string> Mistakes { get; } = mistakes;
}
