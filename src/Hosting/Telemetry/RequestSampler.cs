using Loopwave.Configuration;
using OpenTelemetry.Trace;

namespace Loopwave.Telemetry;

/// <summary>A trace begins with a request to the API. What silos do of their own accord would be many traces of nothing.</summary>
internal sealed class RequestSampler(TraceSettings traces) : Sampler
{
    // As ASP.NET Core calls it before it knows the route.
    private const string Request = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    private readonly Sampler _requests = Of(traces);
    private readonly ParentBasedSampler _others = new(new AlwaysOffSampler());

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        (samplingParameters.Name == Request ? _requests : _others).ShouldSample(samplingParameters);

    private static Sampler Of(TraceSettings traces) => traces.Sampling switch
    {
        TraceSampling.AsCalledOrAll => new ParentBasedSampler(new AlwaysOnSampler()),
        TraceSampling.AsCalledOrSome => new ParentBasedSampler(new TraceIdRatioBasedSampler(traces.Ratio)),
        TraceSampling.AsCalled => new ParentBasedSampler(new AlwaysOffSampler()),
        TraceSampling.All => new AlwaysOnSampler(),
        TraceSampling.Some => new TraceIdRatioBasedSampler(traces.Ratio),
        TraceSampling.None => new AlwaysOffSampler(),
    };
}
