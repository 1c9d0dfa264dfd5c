using System.Collections;
using System.Reflection;
using Loopwave.Numbers;

namespace Loopwave.Testing.Storage;

/// <summary>
/// Makes a value of a type with nothing left at its default, so that a test of storing it notices a property that was
/// forgotten, also one that does not exist yet.
/// </summary>
public static class Filled
{
    private static int s_next;

    public static T Of<T>() => (T)Of(typeof(T));

    public static object Of(Type type)
    {
        var n = Interlocked.Increment(ref s_next);
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying);
        }

        if (type == typeof(string))
        {
            return $"text {n} ✓ \"quoted\" {{}}";
        }

        if (type.IsEnum)
        {
            return Enum.GetValues(type).Cast<object>().Last();
        }

        return type switch
        {
            _ when type == typeof(bool) => true,
            _ when type == typeof(int) => n,
            _ when type == typeof(long) => (long)n,
            _ when type == typeof(double) => n + 0.5,
            _ when type == typeof(byte[]) => BitConverter.GetBytes(n),
            _ when type == typeof(DateTimeOffset) => new DateTimeOffset(2026, 6, 29, 10, 15, 0, TimeSpan.Zero).AddTicks(n),
            _ when type == typeof(TimeSpan) => TimeSpan.FromTicks(n),
            _ when type == typeof(DateOnly) => new DateOnly(2026, 6, 29),
            _ when type == typeof(NumberProxy) => new NumberProxy($"http://user{n}:secret@proxy.example.com:8080"),
            _ when type.IsGenericType && type.GetGenericArguments() is [var key, var value] => Entry(key, value),
            _ when type.IsGenericType && type.IsAssignableTo(typeof(IEnumerable)) => List(type.GetGenericArguments()[0]),
            _ => Record(type),
        };
    }

    private static Array List(Type item)
    {
        var list = Array.CreateInstance(item, 2);
        list.SetValue(Of(item), 0);
        list.SetValue(Of(item), 1);
        return list;
    }

    private static object Entry(Type key, Type value)
    {
        var dictionary = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(key, value))!;
        dictionary.Add(Of(key), Of(value));
        return dictionary;
    }

    private static object Record(Type type)
    {
        var constructor = type.GetConstructors().OrderByDescending(constructor => constructor.GetParameters().Length).First();
        var value = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Of(parameter.ParameterType))]);
        foreach (var property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(property => property.CanWrite))
        {
            property.SetValue(value, Of(property.PropertyType));
        }

        return value;
    }
}
