using System.Globalization;
using System.Runtime.InteropServices;

namespace Loopwave.Bench;

/// <summary>Collects figures and prints them as a table, with the machine's words.</summary>
internal sealed class Report
{
    private readonly List<(string What, string Figure, string Target)> _rows = [];

    public void Add(string what, FormattableString figure, string target = "")
    {
        var text = figure.ToString(CultureInfo.InvariantCulture);
        _rows.Add((what, text, target));
        Console.WriteLine($"  {what}: {text}");
    }

    public void Print(TextWriter writer)
    {
        writer.WriteLine();
        writer.WriteLine($"Machine: {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, .NET {Environment.Version}");
        writer.WriteLine("Load generator and product share the machine. Sandbox keys; the rate limit is raised by setting.");
        writer.WriteLine();
        writer.WriteLine("| What | Figure | Target |");
        writer.WriteLine("|---|---|---|");
        foreach (var (what, figure, target) in _rows)
        {
            writer.WriteLine($"| {what} | {figure} | {target} |");
        }
    }
}
