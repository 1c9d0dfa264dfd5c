using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Serialization;
using Orleans.Serialization.Configuration;

namespace Loopwave.Contract;

/// <summary>Orleans' serializer as a process of one version has it: it knows that version's types and no others.</summary>
internal static class Wire
{
    private static readonly Assembly Frozen = typeof(V1.Frozen).Assembly;

    /// <summary>Of this build.</summary>
    public static Serializer Now { get; } = Build(assembly => assembly != Frozen);

    /// <summary>Of the frozen copy of an older version.</summary>
    public static Serializer Then { get; } = Build(assembly => !WireTypes.Product.Contains(assembly));

    /// <summary>Takes the types of the frozen copy out, whose names are those of today's.</summary>
    public static void LeaveFrozenOut(IServiceCollection services) => LeaveOut(services, assembly => assembly == Frozen);

    private static Serializer Build(Func<Assembly, bool> isIn)
    {
        var services = new ServiceCollection();
        services.AddSerializer(serializer => serializer.AddAssembly(Frozen));
        LeaveOut(services, assembly => !isIn(assembly));
        return services.BuildServiceProvider().GetRequiredService<Serializer>();
    }

    private static void LeaveOut(IServiceCollection services, Func<Assembly, bool> isOut)
    {
        var manifests = services.Where(service => service.ServiceType == typeof(IConfigureOptions<TypeManifestOptions>));
        foreach (var manifest in manifests.Where(manifest => manifest.ImplementationType is { } type && isOut(type.Assembly)).ToList())
        {
            services.Remove(manifest);
        }
    }
}
