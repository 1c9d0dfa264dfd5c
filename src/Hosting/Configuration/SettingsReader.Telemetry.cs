using System.Globalization;
using System.Net;

namespace Loopwave.Configuration;

/// <summary>Who may read metrics, and where traces go.</summary>
public sealed partial class SettingsReader
{
    private List<IPNetwork>? MetricsAllow() =>
        string.Equals(Text("METRICS_ALLOW"), "none", StringComparison.OrdinalIgnoreCase) ? [] : Networks("METRICS_ALLOW");

    // What these mean is OpenTelemetry's to say; everything else about sending is read by its library.
    private TraceSettings? Traces()
    {
        if (Text("OTEL_EXPORTER_OTLP_ENDPOINT") is not { } collector)
        {
            return null;
        }

        if (!Uri.TryCreate(collector, UriKind.Absolute, out var address) || address is not { Scheme: "http" or "https", Host.Length: > 0 })
        {
            _mistakes.Add("OTEL_EXPORTER_OTLP_ENDPOINT must be the address of a collector, beginning with http:// or https://.");
        }

        return new TraceSettings(Sampling(), Ratio());
    }

    private TraceSampling Sampling()
    {
        switch (Text("OTEL_TRACES_SAMPLER"))
        {
            case null or "parentbased_always_on":
                return TraceSampling.AsCalledOrAll;
            case "parentbased_always_off":
                return TraceSampling.AsCalled;
            case "parentbased_traceidratio":
                return TraceSampling.AsCalledOrSome;
            case "always_on":
                return TraceSampling.All;
            case "always_off":
                return TraceSampling.None;
            case "traceidratio":
                return TraceSampling.Some;
            case var other:
                _mistakes.Add(
                    $"OTEL_TRACES_SAMPLER is \"{other}\", but it must be one of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off and parentbased_traceidratio.");
                return TraceSampling.None;
        }
    }

    private double Ratio()
    {
        if (Text("OTEL_TRACES_SAMPLER_ARG") is not { } text)
        {
            return 1;
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1)
        {
            return ratio;
        }

        _mistakes.Add($"OTEL_TRACES_SAMPLER_ARG is \"{text}\", but it must be a number from 0 to 1.");
        return 1;
    }
}
