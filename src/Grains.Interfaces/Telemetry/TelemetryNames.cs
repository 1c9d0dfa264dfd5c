namespace Loopwave.Telemetry;

/// <summary>Under which names Loopwave's own measurements are found.</summary>
public static class TelemetryNames
{
    /// <summary>The meter of every metric of ours.</summary>
    public const string Meter = "Loopwave";

    /// <summary>The source of every span of ours.</summary>
    public const string ActivitySource = "Loopwave";
}
