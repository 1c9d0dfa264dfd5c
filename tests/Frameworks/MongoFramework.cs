using System.Reflection;
using Loopwave.Testing;
using Loopwave.Testing.Storage;
using Xunit.v3;

[assembly: Xunit.TestFramework(typeof(MongoFramework))]

namespace Loopwave.Testing;

/// <summary>
/// MongoDB cannot be installed everywhere, so its tests, which are in namespaces that end with its name, run where a server is named.
/// Where none is, they are not there, and one line says so: tests that are skipped, one by one, would look like a choice of each.
/// </summary>
public sealed class MongoFramework : XunitTestFramework
{
    protected override ITestFrameworkDiscoverer CreateDiscoverer(Assembly assembly) => MongoServer.Uri is null
        ? new WithoutMongo(new XunitTestAssembly(assembly, null, null, null, null, null, null))
        : base.CreateDiscoverer(assembly);

    private sealed class WithoutMongo(XunitTestAssembly assembly) : XunitTestFrameworkDiscoverer(assembly)
    {
        private static int s_isSaid;

        protected override bool IsValidTestClass(Type type)
        {
            if (type.Namespace?.EndsWith(".Mongo", StringComparison.Ordinal) is not true)
            {
                return base.IsValidTestClass(type);
            }

            if (Interlocked.Exchange(ref s_isSaid, 1) == 0)
            {
                Console.WriteLine($"MongoDB was NOT tested: {MongoServer.Variable} names no server.");
            }

            return false;
        }
    }
}
