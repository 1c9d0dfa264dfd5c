using System.ComponentModel.DataAnnotations;

namespace Loopwave.Media;

/// <summary>Section <c>Media</c>: how large files may be, and how much of them is kept.</summary>
public sealed class MediaOptions
{
    /// <summary>The largest file that is taken, in bytes.</summary>
    [Range(1, 2_147_483_648)]
    public long MaxFileBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Above this many bytes, files that can be fetched again make room, least recently used first.</summary>
    [Range(1, long.MaxValue)]
    public long CacheBytes { get; set; } = 10L * 1024 * 1024 * 1024;

    /// <summary>How often room is made.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan EvictionPeriod { get; set; } = TimeSpan.FromMinutes(10);
}
