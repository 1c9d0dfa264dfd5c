using System.Reflection;
using Loopwave.Testing;
using Loopwave.Testing.Storage;
using Xunit.v3;

[assembly: Xunit.TestFramework(typeof(ServerFramework))]

namespace Loopwave.Testing;

/// <summary>
/// MongoDB and S3 cannot be installed everywhere, so tests against a real one, which are in namespaces that end with its name, run where a
/// server is named. Where none is, they are not there, and one line says so: tests that are skipped, one by one, would look like a choice of each.
/// </summary>
public sealed class ServerFramework : XunitTestFramework
{
    private static readonly OutsideServer[] s_servers =
    [
        new(".Mongo", MongoServer.Uri is not null, $"MongoDB was NOT tested: {MongoServer.Variable} names no server."),
        new(".RealS3", S3Server.Uri is not null, $"A real S3 was NOT tested: {S3Server.Variable} names no server."),
    ];

    protected override ITestFrameworkDiscoverer CreateDiscoverer(Assembly assembly) =>
        new WithoutMissing(new XunitTestAssembly(assembly, null, null, null, null, null, null));

    private sealed class WithoutMissing(XunitTestAssembly assembly) : XunitTestFrameworkDiscoverer(assembly)
    {
        protected override bool IsValidTestClass(Type type)
        {
            if (s_servers.FirstOrDefault(server => type.Namespace?.EndsWith(server.Namespace, StringComparison.Ordinal) is true) is not { IsThere: false } missing)
            {
                return base.IsValidTestClass(type);
            }

            missing.Say();
            return false;
        }
    }

    /// <param name="Namespace">The end of it.</param>
    private sealed record OutsideServer(string Namespace, bool IsThere, string Missing)
    {
        private int _isSaid;

        public void Say()
        {
            if (Interlocked.Exchange(ref _isSaid, 1) == 0)
            {
                Console.WriteLine(Missing);
            }
        }
    }
}
