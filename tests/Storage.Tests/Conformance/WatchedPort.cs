using System.Reflection;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>Stands before a port and writes down which of its methods are called.</summary>
public class WatchedPort : DispatchProxy
{
    private object _port = null!;
    private ISet<MethodInfo> _called = null!;

    public static StorePorts Before(StorePorts ports, ISet<MethodInfo> called)
    {
        var watched = ports with { };
        foreach (var port in typeof(StorePorts).GetProperties())
        {
            port.SetValue(watched, Before(port.PropertyType, port.GetValue(ports)!, called));
        }

        return watched;
    }

    public static object Before(Type type, object port, ISet<MethodInfo> called)
    {
        var watched = (WatchedPort)Create(type, typeof(WatchedPort));
        (watched._port, watched._called) = (port, called);
        return watched;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _called.Add(targetMethod!.IsGenericMethod ? targetMethod.GetGenericMethodDefinition() : targetMethod);
        return targetMethod.Invoke(_port, BindingFlags.DoNotWrapExceptions, null, args, null);
    }
}
