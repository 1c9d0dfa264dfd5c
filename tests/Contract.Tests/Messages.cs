namespace Loopwave.Contract;

/// <summary>Everything that a grain call carries: each type that stands for itself, and generic ones as methods take or give them.</summary>
internal static class Messages
{
    public static IReadOnlyDictionary<string, Type> All { get; } = WireTypes.Values.Where(type => !type.IsEnum && !type.IsAbstract && !type.IsGenericTypeDefinition)
        .Concat(WireTypes.Interfaces.SelectMany(type => type.GetMethods()).SelectMany(WireTypes.Signature).Where(type => type.IsGenericType))
        .Distinct().ToDictionary(WireTypes.Name);
}
