using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace Loopwave.Configuration;

/// <summary>
/// Finds what is misspelt or out of range in our sections, key by key. The binder's own check for unknown keys knows one
/// class for a section, ends at the first mistake, and says it in the framework's words.
/// </summary>
internal static class SectionCheck
{
    /// <summary>One sentence for each mistake, which names the key as its source writes it, and what is allowed.</summary>
    public static IReadOnlyList<string> Mistakes(IConfiguration configuration, IEnumerable<SettingsSection> sections) =>
    [
        .. sections.GroupBy(section => section.Name, StringComparer.OrdinalIgnoreCase).SelectMany(
            section => Mistakes(configuration, section.Key, Known(section.Select(one => one.Options)))),
    ];

    private static SortedDictionary<string, PropertyInfo> Known(IEnumerable<Type> options) => new(
        options.SelectMany(type => type.GetProperties()).Where(property => property.CanWrite).ToDictionary(property => property.Name),
        StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> Mistakes(
        IConfiguration configuration, string section, SortedDictionary<string, PropertyInfo> known)
    {
        foreach (var (name, value) in configuration.GetSection(section).AsEnumerable(makePathsRelative: true))
        {
            if (value is null || name.Length == 0)
            {
                continue;
            }

            var key = $"{section}:{name}";
            if (!known.TryGetValue(name, out var property))
            {
                yield return $"{AsWritten(configuration, key)} is not a setting; the section {section} takes {string.Join(", ", known.Keys)}.";
            }
            else if (!IsUsable(configuration, key, property))
            {
                yield return $"{AsWritten(configuration, key)} is \"{value}\", but it must be {Allowed(property)}.";
            }
        }
    }

    private static bool IsUsable(IConfiguration configuration, string key, PropertyInfo property)
    {
        try
        {
            var value = configuration.GetValue(property.PropertyType, key);
            return property.GetCustomAttributes<ValidationAttribute>().All(rule => rule.IsValid(value));
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string Allowed(PropertyInfo property)
    {
        var range = property.GetCustomAttribute<RangeAttribute>();
        var type = property.PropertyType;
        return type == typeof(bool) ? "true or false"
            : type == typeof(TimeSpan) ? $"a time from {range?.Minimum} to {range?.Maximum}, written as hours:minutes:seconds"
            : type == typeof(int) || type == typeof(long) ? $"a whole number {WholeNumbers(range)}"
            : property.GetCustomAttribute<StringLengthAttribute>() is { } length ? $"{length.MinimumLength} to {length.MaximumLength} characters long"
            : throw new InvalidOperationException($"There are no words for what {property.DeclaringType?.Name}.{property.Name} takes.");
    }

    private static string WholeNumbers(RangeAttribute? range)
    {
        var (least, most) = (Convert.ToDouble(range?.Minimum, CultureInfo.InvariantCulture), Convert.ToDouble(range?.Maximum, CultureInfo.InvariantCulture));
        return most >= long.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"of at least {least:0}")
            : string.Create(CultureInfo.InvariantCulture, $"from {least:0} to {most:0}");
    }

    // In the environment a section and its key are separated by two underscores.
    private static string AsWritten(IConfiguration configuration, string key) =>
        configuration is IConfigurationRoot root
        && root.Providers.LastOrDefault(source => source.TryGet(key, out _)) is EnvironmentVariablesConfigurationProvider
            ? key.Replace(ConfigurationPath.KeyDelimiter, "__", StringComparison.Ordinal)
            : key;
}
