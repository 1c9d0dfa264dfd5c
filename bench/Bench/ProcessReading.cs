using System.Globalization;

namespace Loopwave.Bench;

/// <summary>What the kernel says of a process.</summary>
internal sealed record ProcessReading(int Id)
{
    // The unit of /proc/PID/stat; 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public bool IsNode => Try(() => File.ReadAllText($"/proc/{Id}/comm").StartsWith("node", StringComparison.Ordinal), false);

    public long ResidentBytes => 1024 * Try(() => long.Parse(
        File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))[6..].Replace("kB", "").Trim(),
        CultureInfo.InvariantCulture), 0);

    /// <summary>User and system time since its start.</summary>
    public TimeSpan CpuTime => Try(() =>
    {
        // The second field is a name in parentheses, which can hold spaces.
        var stat = File.ReadAllText($"/proc/{Id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds((long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond);
    }, TimeSpan.Zero);

    /// <summary>Together with the processes that it started and that run now.</summary>
    public (TimeSpan CpuTime, long ResidentBytes) WithChildren
    {
        get
        {
            var children = Try(() => File.ReadAllText($"/proc/{Id}/task/{Id}/children"), "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var all = children.Select(id => new ProcessReading(int.Parse(id, CultureInfo.InvariantCulture))).Append(this).ToList();
            return (new TimeSpan(all.Sum(one => one.CpuTime.Ticks)), all.Sum(one => one.ResidentBytes));
        }
    }

    // It can end at any moment.
    private static T Try<T>(Func<T> read, T gone)
    {
        try
        {
            return read();
        }
        catch (IOException)
        {
            return gone;
        }
    }
}
