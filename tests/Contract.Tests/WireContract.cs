using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Metadata;

namespace Loopwave.Contract;

/// <summary>The wire contract as lines, one for everything that another version relies on.</summary>
internal static class WireContract
{
    public static IReadOnlyList<string> Lines() =>
        [.. Grains().Concat(WireTypes.Interfaces.SelectMany(Interface)).Concat(WireTypes.Values.SelectMany(Value)).Distinct().Order(StringComparer.Ordinal)];

    // What grains are called where they are registered and in what is stored under their names.
    private static IEnumerable<string> Grains()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.UseOrleans(silo => silo.UseLocalhostClustering());
        Wire.LeaveFrozenOut(builder.Services);
        using var host = builder.Build();
        var (grains, interfaces) = (host.Services.GetRequiredService<GrainTypeResolver>(), host.Services.GetRequiredService<GrainInterfaceTypeResolver>());
        return
        [
            .. WireTypes.Grains.Select(type => $"grain {grains.GetGrainType(type)}"),
            .. WireTypes.Interfaces.Select(type => $"interface {interfaces.GetGrainInterfaceType(type)}"),
        ];
    }

    private static IEnumerable<string> Interface(Type type) => type.GetMethods().Select(method =>
        $"method {WireTypes.Name(type)} {Alias(method)}({string.Join(", ", method.GetParameters().Select(parameter => WireTypes.Name(parameter.ParameterType)))})"
        + $": {WireTypes.Name(WireTypes.Result(method))}");

    private static string Alias(MethodInfo method) => method.GetCustomAttribute<AliasAttribute>()?.Alias ?? $"({method.Name} has no alias)";

    private static IEnumerable<string> Value(Type type)
    {
        var name = WireTypes.Name(type);
        if (type.IsEnum)
        {
            return Enum.GetValues(type).Cast<object>().Select(value => $"enum {name} {Convert.ToInt64(value, null)} {value}");
        }

        var head = type.BaseType is { } parent && WireTypes.IsOurs(parent) ? $"type {name} is {WireTypes.Name(parent)}" : $"type {name}";
        return WireTypes.Members(type).Select(member => $"member {name} {member.Id} {member.Member.Name}: {WireTypes.Name(member.Type)}").Prepend(head);
    }
}
