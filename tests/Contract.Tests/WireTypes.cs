using System.Reflection;
using Loopwave.Api;
using Loopwave.Configuration;
using Loopwave.Numbers;
using Loopwave.Storage;

namespace Loopwave.Contract;

/// <summary>What crosses process borders: grain interfaces, and the types that Orleans' serializer knows, by the names they have on the wire.</summary>
internal static class WireTypes
{
    /// <summary>The product's own assemblies.</summary>
    public static IReadOnlyList<Assembly> Product { get; } =
    [
        typeof(Access).Assembly, typeof(NumberServices).Assembly, typeof(PostgresStorage).Assembly, typeof(LoopwaveSettings).Assembly,
        typeof(ClusterSilo).Assembly, typeof(ApiServices).Assembly,
    ];

    public static IReadOnlyList<Type> Interfaces { get; } =
        [.. Types.Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrain)))];

    public static IReadOnlyList<Type> Grains { get; } = [.. Types.Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(Grain)))];

    /// <summary>Records, classes and enums.</summary>
    public static IReadOnlyList<Type> Values { get; } =
        [.. Types.Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false) || (type.IsEnum && type.IsDefined(typeof(AliasAttribute))))];

    private static IEnumerable<Type> Types => Product.SelectMany(assembly => assembly.GetTypes()).Where(IsWritten);

    // The compiler and Orleans add types of their own.
    private static bool IsWritten(Type type) =>
        type.Namespace?.StartsWith("Loopwave", StringComparison.Ordinal) is true && !type.Name.Contains('<', StringComparison.Ordinal);

    /// <summary>A type's name on the wire; where it has none of ours, as C# writes it.</summary>
    public static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        var name = type.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias ?? type.Name;
        return type.IsGenericType && !type.IsGenericTypeDefinition
            ? $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
            : name;
    }

    /// <summary>The members of a type that are written, without those of its base, by their ids.</summary>
    public static IEnumerable<(uint Id, MemberInfo Member, Type Type)> Members(Type type) => type
        .GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        .Where(member => member.IsDefined(typeof(IdAttribute)))
        .Select(member => (member.GetCustomAttribute<IdAttribute>()!.Id, member, member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType))
        .OrderBy(member => member.Id);

    /// <summary>What a member is called on the wire, for people who read the contract.</summary>
    public static IEnumerable<Type> Signature(MethodInfo method) => method.GetParameters().Select(parameter => parameter.ParameterType).Append(Result(method));

    /// <summary>What a grain's method gives, without its task.</summary>
    public static Type Result(MethodInfo method) => method.ReturnType.IsGenericType ? method.ReturnType.GetGenericArguments()[0] : typeof(void);

    /// <summary>The types that a value of this one is made of: type arguments, elements, members, and what derives from it.</summary>
    public static IEnumerable<Type> Parts(Type type)
    {
        var parts = type.GetGenericArguments().AsEnumerable();
        if (type.IsArray)
        {
            parts = parts.Append(type.GetElementType()!);
        }

        return IsOurs(type) ? parts.Concat(Members(type).Select(member => member.Type)).Concat(Values.Where(value => value.BaseType == type)) : parts;
    }

    public static bool IsOurs(Type type) => Product.Contains(type.Assembly);
}
