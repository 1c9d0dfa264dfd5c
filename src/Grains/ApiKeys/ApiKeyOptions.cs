using System.ComponentModel.DataAnnotations;

namespace Loopwave.ApiKeys;

/// <summary>What API keys may do.</summary>
public sealed class ApiKeyOptions
{
    public const string Section = "Api";

    /// <summary>Requests of one key in one clock minute, over all nodes.</summary>
    [Range(1, 10_000_000)]
    public int RequestsPerMinute { get; set; } = 120;
}
