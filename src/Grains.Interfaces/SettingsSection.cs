using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Loopwave;

/// <summary>
/// A section of the configuration that belongs to us alone, and options that are bound to it: whatever else stands in it
/// is a mistake. Several options may share one section.
/// </summary>
public sealed record SettingsSection(string Name, Type Options);

public static class SettingsSections
{
    /// <summary>Binds <typeparamref name="T"/> to a section of ours, in which the start then finds what is misspelt.</summary>
    public static OptionsBuilder<T> AddSettings<T>(this IServiceCollection services, string section)
        where T : class
    {
        services.AddSingleton(new SettingsSection(section, typeof(T)));
        return services.AddOptions<T>().BindConfiguration(section);
    }
}
