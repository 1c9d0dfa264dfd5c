namespace Loopwave.Contract;

/// <summary>The files of these tests, where they are committed.</summary>
internal static class Repository
{
    public static string PathOf(params string[] parts)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Loopwave.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The solution is not above the tests.");
        }

        return Path.Combine([folder.FullName, "tests", "Contract.Tests", .. parts]);
    }
}
