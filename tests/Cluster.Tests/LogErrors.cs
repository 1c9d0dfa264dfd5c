namespace Loopwave.Cluster;

/// <summary>Warnings and errors that processes wrote into their log files.</summary>
internal static class LogErrors
{
    private const int Most = 10;
    private static readonly string[] Levels = ["Warning", "Error", "Fatal"];

    public static string Of(params IEnumerable<string> folders) => string.Join('\n', All(folders).TakeLast(Most));

    public static IEnumerable<string> All(params IEnumerable<string> folders) => folders.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles)
        .SelectMany(ReadShared).Where(line => Levels.Any(level => line.Contains($"\"@l\":\"{level}\"", StringComparison.Ordinal)));

    private static List<string> ReadShared(string path)
    {
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. file.ReadToEnd().Split('\n')];
    }
}
