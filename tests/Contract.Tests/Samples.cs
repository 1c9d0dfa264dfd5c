using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Loopwave.Contract;

/// <summary>Values with nothing left at its default: a member that gets lost is noticed.</summary>
internal sealed class Samples
{
    private int _next;

    public object Of(Type type)
    {
        var n = ++_next;
        return Nullable.GetUnderlyingType(type) is { } underlying ? Of(underlying)
            : type == typeof(string) || type == typeof(object) ? $"text {n} ✓"
            : type.IsEnum ? Enum.GetValues(type).Cast<object>().Last()
            : type == typeof(bool) ? true
            : type == typeof(int) ? n
            : type == typeof(long) ? (long)n << 33
            : type == typeof(double) ? n + 0.5
            : type == typeof(byte[]) ? BitConverter.GetBytes(n)
            : type == typeof(DateTimeOffset) ? new DateTimeOffset(2026, 6, 29, 10, 15, 0, TimeSpan.Zero).AddTicks(n)
            : type == typeof(TimeSpan) ? TimeSpan.FromTicks(n)
            : type == typeof(DateOnly) ? new DateOnly(2026, 6, 29).AddDays(n)
            : type == typeof(SiloAddress) ? SiloAddress.FromParsableString($"127.0.0.1:{n}@{n}")
            : type == typeof(CancellationToken) ? default(CancellationToken)
            : type.IsAssignableTo(typeof(IEnumerable)) ? Several(type)
            : type.IsAbstract ? Of(WireTypes.Values.First(value => value.BaseType == type))
            : type.IsAssignableTo(typeof(Exception)) ? Activator.CreateInstance(type, [.. type.GetConstructors()[0].GetParameters().Select(parameter => parameter.ParameterType == typeof(string) ? $"text {n}" : null)])!
            : Record(type);
    }

    private object Several(Type type)
    {
        var items = type.IsArray ? [type.GetElementType()!] : type.GetGenericArguments();
        if (items is [var key, var value])
        {
            var dictionary = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(key, value))!;
            dictionary.Add(Of(key), Of(value));
            return dictionary;
        }

        var several = items[0].IsAbstract && WireTypes.IsOurs(items[0]) ? WireTypes.Values.Where(one => one.BaseType == items[0]).ToArray() : [items[0], items[0]];
        var array = Array.CreateInstance(items[0], several.Length);
        for (var i = 0; i < several.Length; i++)
        {
            array.SetValue(Of(several[i]), i);
        }

        return array;
    }

    // As the serializer does: without a constructor, member by member.
    private object Record(Type type)
    {
        var value = RuntimeHelpers.GetUninitializedObject(type);
        for (var level = type; level is not null; level = level.BaseType)
        {
            foreach (var (_, member, memberType) in WireTypes.Members(level))
            {
                var field = member as FieldInfo
                    ?? level.GetField($"<{member.Name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)
                    ?? throw new InvalidOperationException($"{level}.{member.Name} is computed and has an [Id].");
                field.SetValue(value, Of(memberType));
            }
        }

        return value;
    }
}
