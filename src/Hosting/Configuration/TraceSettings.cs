namespace Loopwave.Configuration;

/// <summary>Spans are sent to a collector.</summary>
/// <param name="Sampling"><c>OTEL_TRACES_SAMPLER</c>: which requests are followed.</param>
/// <param name="Ratio"><c>OTEL_TRACES_SAMPLER_ARG</c>: the share of them where only some are, 0 to 1.</param>
public sealed record TraceSettings(TraceSampling Sampling, double Ratio);

/// <summary>Which requests are followed. What else there is to follow, such as a message that waits, goes by the request it came with.</summary>
public enum TraceSampling
{
    /// <summary>As the caller's own <c>traceparent</c> says, and all that come without one.</summary>
    AsCalledOrAll,

    /// <summary>As the caller's own <c>traceparent</c> says, and a share of those that come without one.</summary>
    AsCalledOrSome,

    /// <summary>As the caller's own <c>traceparent</c> says, and none that come without one.</summary>
    AsCalled,
    All,
    Some,
    None,
}
