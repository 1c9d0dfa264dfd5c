namespace Loopwave.Cluster;

/// <summary>Warnings and errors that processes wrote into their log files.</summary>
internal static class LogErrors
{
    private const int Most = 10;

    public static string Of(params IEnumerable<string> folders) => string.Join('\n', folders.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles)
        .SelectMany(ReadShared).Where(line => line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal) || line.Contains("\"@l\":\"Warning\"", StringComparison.Ordinal))
        .TakeLast(Most));

    private static List<string> ReadShared(string path)
    {
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. file.ReadToEnd().Split('\n')];
    }
}
